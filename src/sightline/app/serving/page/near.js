/** The training pictures that look to the model most like one picture, and the nearest enrolled one. */

import { brief, copy, counted } from "./words.js";

const TINY_SIDE = 32; // pixels; what is enlarged keeps sharp edges

/**
 * Show them with their classes, and say how many have the answer's; a refusal is no class.
 *
 * @param {object} entry A picture with its answer.
 * @param {HTMLElement} place Stays hidden where the model has none to show.
 */
export function showNear({ answer: { label, refused, neighbours }, model }, place) {
  if (Object.hasOwn(model.enrolled, label)) return; // no picture of it was in the training
  place.hidden = !neighbours?.length;
  if (place.hidden) return;
  const isOther = (neighbour) => !refused && neighbour.label !== label;
  const same = neighbours.length - neighbours.filter(isOther).length;
  place.querySelector(".alike").textContent = refused
    ? "The nearest training pictures:"
    : agreement(same, neighbours.length, brief(label));
  place.querySelector(".thumbnails").replaceChildren(...neighbours.map((one) => thumbnail(one, { isOther: isOther(one) })));
  place.querySelector(".among").textContent =
    `Nearest by what the model's last layer reads, among ${counted(model.examples, "picture")} kept from its training.`;
}

/**
 * Name the nearest enrolled picture, and show it where the model keeps a copy.
 *
 * @param {object | undefined} match What was nearest, of a model that has enrolled classes.
 * @param {HTMLElement} place Stays hidden where there is none.
 */
export function showMatch(match, place) {
  place.hidden = !match;
  if (place.hidden) return;
  const { label, distance, picture, digest, thumbnail: address } = match;
  const nearest = brief(picture || digest.slice(0, 12));
  place.querySelector(".match").textContent =
    `Nearest enrolled picture: ${nearest} of ${brief(label)}. The class is ${distance.toFixed(2)} away.`;
  const shown = place.querySelector(".thumbnails");
  shown.hidden = !address;
  if (address) shown.replaceChildren(thumbnail({ label, thumbnail: address }, { of: "An enrolled picture" }));
}

function agreement(same, count, label) {
  if (count === 1) return `The nearest training picture is ${same ? "" : "not "}“${label}”.`;
  const share = same === count ? "all are" : same === 0 ? "none is" : same === 1 ? "1 is" : `${same} are`;
  return `Of the ${count} nearest training pictures, ${share} “${label}”.`;
}

function thumbnail({ label, thumbnail }, { isOther = false, of = "A training picture" } = {}) {
  const row = copy("thumbnail");
  const image = row.querySelector("img");
  image.addEventListener("load", () => {
    image.classList.toggle("tiny", Math.max(image.naturalWidth, image.naturalHeight) <= TINY_SIDE);
  });
  image.alt = `${of} of “${brief(label)}”${isOther ? ", another class than the answer" : ""}`;
  image.src = thumbnail;
  row.querySelector("li").classList.toggle("other", isOther);
  row.querySelector(".class").textContent = brief(label);
  return row;
}
