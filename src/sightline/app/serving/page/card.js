/** One picture and what the model says of it. */

import { offerHeat } from "./heat.js";
import { showMatch, showNear } from "./near.js";
import { brief, copy, percent, spoken } from "./words.js";

const SMALL_SIDE = 64; // pixels; a picture up to this size is enlarged with sharp edges
const LONGEST_SET = 12;

const cards = new WeakMap();

/** Only cards near the screen hold their picture and are drawn, so that thousands fit. */
const nearScreen = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) cards.get(target).come(isIntersecting);
  },
  { rootMargin: "100% 0px" },
);

/**
 * @param {object} entry What the queue answers: `file`, `model`, and in the end `answer` or `trouble`.
 * @param {() => void} retry Ask about it once more.
 */
export class Card {
  #entry;
  #retry;
  #drawn = false;
  #near = false;

  constructor(entry, retry) {
    this.#entry = entry;
    this.#retry = retry;
    this.element = copy("card").firstElementChild;
    this.#find(".card").ariaLabel = brief(entry.file.name);
    const given = this.#find(".given");
    given.alt = `Your picture ${brief(entry.file.name)}`;
    given.addEventListener("load", () => this.#fitFrame(given.naturalWidth, given.naturalHeight));
    given.addEventListener("error", () => this.#admitUnshown());
    cards.set(this.element, this);
    nearScreen.observe(this.element);
    this.update();
  }

  /** Show what the entry holds by now. */
  update() {
    const { answer, trouble, file, model, signed } = this.#entry;
    this.#drawn = false;
    this.#find(".card").classList.toggle("waiting", !answer && !trouble);
    this.#find("h3").textContent = headline(this.#entry);
    this.#find(".name").textContent = brief(file.name) + (signed ? ` · model ${brief(model.name)}` : "");
    this.#find(".answer").replaceChildren();
    this.#find(".heat").hidden = true;
    this.#draw();
  }

  /** Take the picture up when the card comes near the screen, and give it back when it leaves. */
  come(near) {
    this.#near = near;
    const given = this.#find(".given");
    if (near && !given.src) given.src = URL.createObjectURL(this.#entry.file);
    if (!near) this.#giveBack();
    this.#draw();
  }

  remove() {
    nearScreen.unobserve(this.element);
    this.#giveBack();
    this.element.remove();
  }

  #giveBack() {
    const given = this.#find(".given");
    if (given.src) URL.revokeObjectURL(given.src);
    given.removeAttribute("src");
  }

  #draw() {
    const { answer, trouble } = this.#entry;
    if (this.#drawn || !this.#near || (!answer && !trouble)) return;
    this.#drawn = true;
    this.#find(".answer").replaceChildren(trouble ? this.#failure(trouble) : this.#answer(answer));
  }

  #failure({ status, problem, hint }) {
    const part = copy("failure");
    part.querySelector(".problem").textContent = problem;
    part.querySelector(".hint").textContent = hint;
    const retry = part.querySelector(".retry");
    retry.hidden = [415, 422].includes(status); // the picture itself is at fault
    retry.addEventListener("click", this.#retry);
    return part;
  }

  #answer({ probabilities, set, refused, typicality, match }) {
    const { calibrated, classes, card } = this.#entry.model;
    const part = copy("answer");
    const say = (selector, text) => Object.assign(part.querySelector(selector), { textContent: text, hidden: !text });
    say(".refusal", refused ? refusalWords(typicality, match) : "");
    say(".measure", calibrated ? "Confidence (calibrated)" : "Confidence (not calibrated)");
    part.querySelector(".bars").replaceChildren(...probabilities.map(bar));
    say(".rest", restWords(probabilities, classes.length));
    say(".set", set?.length && !refused ? setWords(set, card.calibration?.level) : "");
    showMatch(match, part.querySelector(".enrolled"));
    showNear(this.#entry, part.querySelector(".near"));
    const [button, legend] = [part.querySelector(".look"), part.querySelector(".legend")];
    offerHeat(this.#entry, { button, legend, map: this.#find(".heat") });
    return part;
  }

  #fitFrame(width, height) {
    const frame = this.#find(".frame");
    frame.style.setProperty("--shape", width / height);
    frame.classList.toggle("crisp", Math.max(width, height) <= SMALL_SIDE);
  }

  #admitUnshown() {
    this.#find(".frame").hidden = true;
    this.#find(".unshown").hidden = false;
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

/** What is said first of an entry, by the eye and by the ear. */
function headline({ answer, trouble }) {
  if (trouble) return "No answer";
  if (!answer) return "Waiting …";
  if (answer.refused) return "None of these";
  const [{ label, probability }] = answer.probabilities;
  return `${brief(label)}, ${percent(probability)}`;
}

/** An entry for the ear: "1.jpg: cat, 97 per cent". */
export function aloud({ answer, trouble, file }) {
  if (trouble) return `${brief(file.name)}: ${trouble.problem}`;
  if (answer.refused) return `${brief(file.name)}: none of these classes`;
  const [{ label, probability }] = answer.probabilities;
  return `${brief(file.name)}: ${brief(label)}, ${spoken(probability)}`;
}

function bar({ label, probability }) {
  const row = copy("bar");
  row.querySelector(".class").textContent = brief(label);
  row.querySelector(".share").textContent = percent(probability);
  row.querySelector(".fill").style.width = `${100 * probability}%`;
  return row;
}

/** Why a picture is taken for none of the classes; what they are like is below. */
function refusalWords(typicality, match) {
  if (match?.is_stranger) return "It is too far from every class. The likeliest are below.";
  if (typicality === null) return "None of the classes is likely enough. The likeliest are below.";
  const share = percent(typicality);
  if (match) return `It fits ${brief(match.label)} ill: ${share} of pictures of such classes fitted theirs as ill. The likeliest are below.`;
  return `It is like nothing that the model has learnt: ${share} of known pictures are as strange. The likeliest classes are below.`;
}

function restWords(probabilities, classes) {
  const others = classes - probabilities.length;
  if (others <= 0) return "";
  const rest = 1 - probabilities.reduce((sum, { probability }) => sum + probability, 0);
  return `${others === 1 ? "The other class" : `The other ${others} classes together`}: ${percent(Math.max(0, rest))}`;
}

function setWords(set, level = 0.9) {
  const names = set.slice(0, LONGEST_SET).map(brief).join(", ");
  const more = set.length > LONGEST_SET ? ` and ${set.length - LONGEST_SET} more` : "";
  return `${Math.round(100 * level) / 10} times in 10 the right answer is among: ${names}${more}.`;
}
