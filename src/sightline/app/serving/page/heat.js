/** The heat map of one picture; asked for when it is first wanted, for it costs as much as a hundred answers. */

import { heatOf } from "./queue.js";
import { brief } from "./words.js";

/**
 * Let a button lay the heat map over the picture, and take it away.
 *
 * @param {object} entry A picture with its answer.
 * @param {{button: HTMLButtonElement, map: HTMLImageElement, legend: HTMLElement}} parts
 */
export function offerHeat(entry, { button, map, legend }) {
  let asking = false;
  map.hidden = true;
  map.removeAttribute("src");

  const show = (shown) => {
    map.hidden = !shown;
    button.setAttribute("aria-pressed", shown);
    legend.textContent = shown ? meaning(entry.answer.probabilities[0].label) : "";
  };

  const sayBusy = (seconds) => {
    legend.textContent = `The service is busy; asking again in ${seconds} s.`;
  };

  const fetchMap = async () => {
    asking = true;
    legend.textContent = "Covering one place after another …";
    try {
      const address = await heatOf(entry, sayBusy);
      if (!button.isConnected) return; // the picture was asked about anew, or cleared
      map.src = address;
      show(true);
    } catch ({ problem, hint }) {
      legend.textContent = `${problem} ${hint}`;
    }
    asking = false;
  };

  button.addEventListener("click", () => {
    if (asking) return;
    if (map.src) show(map.hidden);
    else fetchMap();
  });
}

function meaning(label) {
  return (
    `Orange: covering this place lowers the confidence in “${brief(label)}”; ` +
    "blue: it raises it. The stronger the colour, the more."
  );
}
