/** Numbers and names as text, and the templates that they are put into. */

const SPACE = "\u00a0"; // keeps a number and its sign on one line
const LONGEST_NAME = 80;

/** A share as text that never rounds a doubt away: 0.99993 is "99.99 %". */
export function percent(share) {
  const texts = [1, 2, 3, 4, 5, 6, 7, 8].map((digits) => (100 * share).toFixed(digits));
  const certain = share === 0 || share === 1;
  return (texts.find((text) => certain || ![0, 100].includes(Number(text))) ?? texts.at(-1)) + SPACE + "%";
}

/** A share for the ear: "97 per cent". */
export function spoken(share) {
  const whole = Math.round(100 * share);
  return whole === 100 && share < 1 ? "over 99 per cent" : `${whole} per cent`;
}

/** An interval as text: "94.3 to 98.5 %". */
export function interval([low, high]) {
  return `${percent(low).replace(SPACE + "%", "")} to ${percent(high)}`;
}

/** A number with its noun: "1 picture", "1,200 pictures". */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** A name with its middle left out where it is very long. */
export function brief(name) {
  const half = LONGEST_NAME / 2;
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, half)}…${name.slice(-half)}`;
}

/** What a template of the page holds, to be filled. */
export function copy(template) {
  return document.querySelector(`template#${template}`).content.cloneNode(true);
}
