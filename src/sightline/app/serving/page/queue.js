/** Pictures that wait for an answer, sent in small groups and in order. */

import { Trouble, ask } from "./service.js";

const LARGEST_GROUP = 8;
const LARGEST_GROUP_BYTES = 2 ** 22; // a group must get over a slow line in time
const GROUPS_AT_ONCE = 2;
const TOP = 5;
const NEIGHBOURS = 4;

/**
 * A line of entries; an entry is an object with `file` and `model`, and in the end `answer` or `trouble`.
 *
 * @param {(entry: object) => void} onSend An entry's turn has come; it may come twice.
 * @param {(entry: object) => void} onDone An entry has its answer or its trouble.
 * @param {(trouble: Trouble) => void} onHalt The line stands still until `resume`; nothing in it is lost.
 * @param {(seconds: number) => void} onBusy The service asks to wait.
 * @param {(entries: object[]) => Promise<void>} onSwap Another file than their `model` tells of answered these.
 */
export class Queue {
  #entries = [];
  #workers = 0;
  #halted = false;
  #abort = new AbortController();

  constructor({ onSend, onDone, onHalt, onBusy, onSwap }) {
    Object.assign(this, { onSend, onDone, onHalt, onBusy, onSwap });
  }

  add(entries) {
    for (const entry of entries) this.#entries.push(entry);
    this.#start();
  }

  resume() {
    this.#halted = false;
    this.#start();
  }

  /** Forget every entry, also those under way. */
  clear() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#entries = [];
  }

  #start() {
    while (!this.#halted && this.#workers < GROUPS_AT_ONCE && this.#workers < this.#entries.length) this.#work();
  }

  async #work() {
    this.#workers += 1;
    while (!this.#halted && this.#entries.length) await this.#answer(this.#nextGroup(), this.#abort.signal);
    this.#workers -= 1;
  }

  #nextGroup() {
    const { model } = this.#entries[0];
    let bytes = 0;
    const fits = (entry, place) => {
      bytes += entry.file.size;
      return entry.model === model && (place === 0 || (place < LARGEST_GROUP && bytes <= LARGEST_GROUP_BYTES));
    };
    const end = this.#entries.findIndex((entry, place) => !fits(entry, place));
    return this.#entries.splice(0, end === -1 ? this.#entries.length : end);
  }

  async #answer(group, signal) {
    const readable = [];
    group.forEach(this.onSend);
    for (const entry of group) {
      entry.trouble = await unreadable(entry.file);
      if (!entry.trouble) readable.push(entry);
      else if (!signal.aborted) this.onDone(entry);
    }
    if (!readable.length) return;
    const results = await this.#ask(readable, signal).catch(explained);
    if (signal.aborted) return;
    if (results instanceof Trouble) await this.#complain(readable, results, signal);
    else this.#settle(readable, results);
  }

  async #ask(group, signal) {
    const { digest, results } = await predictions(group, { signal, busy: this.onBusy });
    if (digest !== group[0].model.digest && !signal.aborted) await this.onSwap(group);
    return results;
  }

  #settle(group, results) {
    group.forEach((entry, place) => {
      const { error, ...answer } = results[place];
      if (error) entry.trouble = new Trouble(error.status, error.problem, error.hint);
      else entry.answer = answer;
      this.onDone(entry);
    });
  }

  async #complain(group, trouble, signal) {
    if (trouble.lasts) this.#halt(group, trouble);
    else if (group.length === 1) this.#settle(group, [{ error: trouble }]);
    else for (const entry of group) await this.#answer([entry], signal); // one of them may be at fault for all
  }

  #halt(group, trouble) {
    this.#entries.unshift(...group);
    if (this.#halted) return;
    this.#halted = true;
    this.onHalt(trouble);
  }
}

/** What went wrong; if the connection broke although the service lives, it most often hung up on too large a body. */
async function explained(trouble) {
  const broke = trouble.status === 0 && (await ask("v1/models", { patience: 1 }).catch(() => null));
  if (!broke) return trouble;
  return new Trouble(413, "The connection broke while this picture was sent.", "If it is large, send a smaller copy.");
}

/** Why a file can't be read, such as a folder or a file that was moved away; null if it can. */
async function unreadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return null;
  } catch {
    return new Trouble(400, "The browser can't read this file.", "It may have been moved or changed; choose it again.");
  }
}

/** What the service says of some entries of one model: `results` in their order, and the `digest` of who said it. */
async function predictions(entries, { explain = false, ...options }) {
  const { model } = entries[0];
  const body = new FormData();
  for (const { file } of entries) body.append("files", file, file.name);
  const query = `top=${TOP}&sets=${model.sets}&explain=${explain}&neighbours=${explain ? 0 : NEIGHBOURS}`;
  const path = `v1/models/${encodeURIComponent(model.name)}/predict?${query}`;
  return ask(path, { ...options, method: "POST", body });
}

/**
 * The heat map of one entry, as an address of a picture.
 *
 * @throws {Trouble} There is none.
 */
export async function heatOf(entry, busy) {
  const { digest, results } = await predictions([entry], { explain: true, busy, patience: 2 });
  const [{ heat, error }] = results;
  if (error) throw new Trouble(error.status, error.problem, error.hint);
  if (digest !== entry.model.digest) throw new Trouble(409, "The model has changed since.", "Ask it again.");
  if (!heat) throw new Trouble(404, "The service gives no heat map for this model.", "");
  return heat;
}
