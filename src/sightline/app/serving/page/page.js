/** The page of the service: pictures in, an answer for each. */

import { watchCamera } from "./camera.js";
import { Card, aloud } from "./card.js";
import { gather } from "./gathering.js";
import { describe } from "./model.js";
import { Queue } from "./queue.js";
import { Trouble, ask, hasToken, useToken } from "./service.js";
import { addPictures, offerTeaching, watchTeaching } from "./teaching.js";
import { brief, counted } from "./words.js";

const SAY_EVERY_MS = 1000;
const SAID_AT_ONCE = 3;

const find = (selector) => document.querySelector(selector);
const select = find("#model");
const queue = new Queue({ onSend: showCard, onDone: finish, onHalt: halt, onBusy: tellBusy, onSwap: renew });
const done = new Set();
let entries = []; // all pictures given since the last "Clear", in order
let early = []; // files given before there was a model
let model = null;

function give(files) {
  if (!model) {
    early = early.concat(files);
    find("#progress").textContent = `Waiting: ${counted(early.length, "picture")}.`;
    return;
  }
  const signed = select.options.length > 1;
  const given = files.map((file) => ({ file, model, signed }));
  entries = entries.concat(given);
  queue.add(given);
  tell();
}

function showCard(entry) {
  if (entry.card) return;
  entry.card = new Card(entry, () => askAgain([entry]));
  find("#cards").append(entry.card.element);
}

function finish(entry) {
  done.add(entry);
  entry.card.update();
  sayLater(entry);
  tell();
}

function askAgain(some) {
  for (const entry of some) {
    done.delete(entry);
    Object.assign(entry, { model, answer: null, trouble: null });
    entry.card?.update();
  }
  queue.add(some);
  tell();
}

function clear() {
  queue.clear();
  for (const { card } of entries) card?.remove();
  entries = [];
  done.clear();
  tell();
  find("#pick").focus();
}

function tell(more = "") {
  const { length } = entries;
  const bar = find("#waiting");
  find("#progress").textContent = `${progressWords()} ${more}`;
  Object.assign(bar, { hidden: done.size === length, max: length || 1, value: done.size });
  find("#clear").hidden = !length;
  const others = entries.filter((entry) => entry.model !== model);
  const version = others.every((entry) => entry.model.name === model.name) ? "the new version" : brief(model.name);
  find("#ask-again").hidden = !others.length;
  find("#ask-again").textContent = `Ask ${version} about these ${counted(length, "picture")}`;
}

function progressWords() {
  if (!entries.length) return "None yet.";
  if (done.size < entries.length) return `${done.size} of ${counted(entries.length, "picture")} answered.`;
  const failed = entries.filter(({ trouble }) => trouble).length;
  const without = failed ? `; ${counted(failed, "picture")} without one` : "";
  return `${counted(entries.length - failed, "answer")}${without}.`;
}

function tellBusy(seconds) {
  tell(`The service is busy; asking again in ${seconds} s.`);
}

const unsaid = [];
let saying = false;

/** Say answers to a screen reader, gathered so that a thousand pictures do not drown it. */
function sayLater(entry) {
  unsaid.push(entry);
  if (saying) return;
  saying = true;
  setTimeout(() => {
    saying = false;
    const some = unsaid.splice(0).filter((one) => done.has(one));
    find("#said").textContent =
      some.length <= SAID_AT_ONCE ? some.map(aloud).join(". ") : `${some.length} more answered. ${progressWords()}`;
  }, SAY_EVERY_MS);
}

/** Show why nothing goes on, and how it can. */
function halt(trouble) {
  if (!(trouble instanceof Trouble)) throw trouble;
  if (trouble.status === 401) askForToken();
  else {
    find("#trouble").hidden = false;
    find("#trouble .problem").textContent = trouble.problem;
    find("#trouble .hint").textContent = trouble.hint;
    find("#again").focus();
  }
}

function askForToken() {
  find("#token-form").hidden = false;
  find("#token-form .problem").textContent = hasToken() ? "The service does not take this token." : "";
  find("#token").focus();
  find("#token").select();
}

async function load() {
  try {
    if (!select.options.length) await list();
    const name = select.value;
    const chosen = await ask(`v1/models/${encodeURIComponent(name)}`, { busy: tellBusy });
    if (name !== select.value) return; // another was chosen meanwhile
    use(chosen);
    give(early.splice(0));
    queue.resume();
  } catch (trouble) {
    halt(trouble);
  }
}

/** A model's file was changed while the page was open: learn what it is now; what was answered before stays. */
async function renew(asked) {
  const { name } = asked[0].model;
  const changed = await ask(`v1/models/${encodeURIComponent(name)}`, { busy: tellBusy });
  const waiting = entries.filter((entry) => entry.model.name === name && !done.has(entry));
  for (const entry of waiting) entry.model = changed;
  if (model.name === name) use(changed);
}

function use(chosen) {
  model = chosen;
  describe(model);
  offerTeaching(model);
}

async function list() {
  const { models } = await ask("v1/models", { busy: tellBusy });
  if (!models.length) throw new Trouble(404, "The service has no model.", "Start it with a model file.");
  select.replaceChildren(...models.map(({ name }) => new Option(brief(name), name)));
  find("#choosing").hidden = models.length === 1;
}

select.addEventListener("change", load);
find("#ask-again").addEventListener("click", () => {
  queue.clear();
  askAgain(entries);
  find("#answers").focus();
});
find("#clear").addEventListener("click", clear);
find("#again").addEventListener("click", () => {
  find("#trouble").hidden = true;
  load();
});
find("#token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(find("#token").value);
  find("#token-form").hidden = true;
  find("#pick").focus();
  load();
});
gather(give);
watchCamera(give, addPictures);
watchTeaching({ onTaught: load, onHalt: halt });
load();
