/** What a model is, and how it did on pictures it never saw. */

import { brief, counted, interval, percent } from "./words.js";

const FIGURES = [
  ["accuracy", "Accuracy", "The share of pictures named correctly."],
  [
    "balanced_accuracy",
    "Balanced accuracy",
    "The mean of each class's recall: every class counts the same, however small.",
  ],
  ["equal_error", "Equal error rate", "The share said wrongly where same and different are mistaken as often."],
  ["macro_f1", "Macro F1", "The mean of each class's F1: both missing a class and crying it too often cost."],
];
const RESIZES = {
  squash: "stretched to that size",
  crop: "the longer side cut to its middle",
  pad: "put between black bars",
};

const about = document.querySelector("#about");
const summary = document.querySelector("#summary");

/** Show a model's own page: its figures and its facts. */
export function describe(model) {
  about.hidden = false;
  about.querySelector("h2").textContent = `About ${brief(model.name)}`;
  about.querySelector(".figures").replaceChildren(...tiles(model.figures ?? {}));
  about.querySelector(".facts").replaceChildren(...facts(model));
  summary.textContent = sentence(model);
}

function sentence({ name, figures, enrolled, classes }) {
  if (typeof figures?.equal_error === "number") return comparison(name, figures);
  if (!figures?.count) return `${brief(name)} was never tested, as far as its file says.`;
  const { count, accuracy, accuracy_interval: range } = figures;
  const between = range ? ` (95\u00a0% interval ${interval(range)})` : "";
  const named = `${brief(name)} named ${percent(accuracy)}${between} correctly`;
  const later = Object.keys(enrolled).length;
  const came = later === 1 ? "a class" : `${later} classes`;
  const before = later && later < classes.length ? `, before ${came} came without training` : "";
  return `On ${counted(count, "test picture")} it never saw, ${named}${before}.`;
}

/** How well a model that compares told same from different. */
function comparison(name, { classes, equal_error: share, equal_error_interval: range }) {
  return `Of two pictures of ${classes} classes, ${brief(name)} said same or different wrongly in ${percent(share)} (95\u00a0% interval ${interval(range)}).`;
}

function tiles(figures) {
  return FIGURES.filter(([key]) => typeof figures[key] === "number").map(([key, name, meaning]) => {
    const range = figures[`${key}_interval`];
    const tile = document.createElement("div");
    tile.append(element("dt", name), element("dd", percent(figures[key]), "value"));
    if (range) tile.append(element("dd", `95\u00a0% interval ${interval(range)}`, "soft"));
    tile.append(element("dd", meaning, "soft"));
    return tile;
  });
}

function facts({ classes, input, licence, calibrated, sets, examples, digest, card }) {
  const resize = RESIZES[card.preprocess.resize ?? card.preprocess.fit]; // older files call it fit
  const rows = {
    Classes: `${classes.length.toLocaleString("en")}: ${classes.join(", ")}`,
    Input: `${input.height} pixels high, ${input.width} wide, ${input.colours}; ${resize}`,
    Confidence: calibrated ? "calibrated" : "not calibrated: it may be surer than it is right",
    Sets: sets ? "for each picture, classes that hold the right answer 9 times in 10" : "none",
    "Nearest pictures": examples ? `${counted(examples, "training picture")} to choose from` : "",
    Network: `${card.model.name}, ${counted(card.parameters, "parameter")}`,
    Licence: licence,
    "SHA-256": digest,
  };
  return Object.entries(rows)
    .filter(([, value]) => value)
    .flatMap(([key, value]) => [element("dt", key), element("dd", value)]);
}

function element(tag, text, className = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}
