/** A new class, taught by a few pictures: the model knows it at the next picture. */

import { useCamera } from "./camera.js";
import { Trouble, ask } from "./service.js";
import { brief, counted } from "./words.js";

const section = document.querySelector("#teaching");
const form = section.querySelector("form");
const name = form.querySelector("#class-name");
const chooser = form.querySelector("#class-files");
const keep = form.querySelector("#keep-pictures");
const shown = form.querySelector("#class-pictures");
const trouble = form.querySelector("#teaching-trouble");
const button = form.querySelector("#teach-it");
const status = form.querySelector("[role=status]");
let model = null;
let files = [];

/** Call `onTaught` whenever the model knows other classes; `onHalt` with a trouble that keeps all from going on. */
export function watchTeaching({ onTaught, onHalt }) {
  form.querySelector("#pick-class").addEventListener("click", () => chooser.click());
  form.querySelector("#camera-class").addEventListener("click", useCamera);
  chooser.addEventListener("change", () => {
    addPictures([...chooser.files]);
    chooser.value = ""; // so that the same file can be chosen again
  });
  name.addEventListener("input", () => tell());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change("enroll", { label: name.value, keep_pictures: keep.checked }, formOf(files), { onTaught, onHalt });
  });
  section.querySelector("#taught").addEventListener("click", (event) => {
    const { label } = event.target.closest("button")?.dataset ?? {};
    if (label) change("forget", { label }, null, { onTaught, onHalt });
  });
}

/** Show what can be taught to a model, if anything can, and what was. */
export function offerTeaching(chosen) {
  model = chosen;
  section.hidden = !model.teaches;
  document.querySelector("#shoot-class").hidden = !model.teaches;
  const enrolled = Object.entries(model.enrolled);
  section.querySelector("#taught").replaceChildren(...enrolled.map(taught).reverse()); // what came last is looked for first
  section.querySelector("#enrolled-names").replaceChildren(...enrolled.map(([label]) => new Option(label)));
}

/** Add pictures to those that the new class will be known by. */
export function addPictures(more) {
  files = files.concat(more);
  shown.append(...more.map(thumbnail));
  tell();
}

function thumbnail(file) {
  const item = document.querySelector("#thumbnail").content.cloneNode(true).firstElementChild;
  const image = item.querySelector("img");
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  image.src = URL.createObjectURL(file);
  item.querySelector(".class").textContent = brief(file.name);
  return item;
}

function taught([label, count]) {
  const item = document.querySelector("#taught-class").content.cloneNode(true).firstElementChild;
  item.querySelector(".class").textContent = label;
  item.querySelector(".meta").textContent = `known by ${counted(count, "picture")}`;
  item.querySelector("button").dataset.label = label;
  item.querySelector("button").setAttribute("aria-label", `Forget ${label}`);
  return item;
}

function tell(words = files.length ? `${counted(files.length, "picture")} chosen.` : "") {
  button.disabled = !files.length || !name.value.trim();
  status.textContent = words;
}

function formOf(some) {
  const body = new FormData();
  for (const file of some) body.append("files", file, file.name);
  return body;
}

async function change(what, question, body, { onTaught, onHalt }) {
  trouble.hidden = button.disabled = true;
  try {
    const path = `v1/models/${encodeURIComponent(model.name)}/${what}?${new URLSearchParams(question)}`;
    const { pictures } = await ask(path, { method: "POST", body, patience: 1 });
    if (what === "enroll") clear();
    tell(pictures ? `It knows ${brief(question.label)} by ${counted(pictures, "picture")} now.` : `It has forgotten ${brief(question.label)}.`);
    await onTaught();
  } catch (error) {
    if (!(error instanceof Trouble) || error.status === 401) onHalt(error);
    else complain(error);
    tell();
  }
}

function complain({ problem, hint }) {
  trouble.hidden = false;
  trouble.querySelector(".problem").textContent = problem;
  trouble.querySelector(".hint").textContent = hint;
}

function clear() {
  files = [];
  shown.replaceChildren();
  name.value = "";
}
