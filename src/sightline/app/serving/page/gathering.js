/** Pictures from the file chooser, from drops and from the clipboard. */

const dropZone = document.querySelector("#pick");
const chooser = document.querySelector("#files");

/** Call `give` with an array of files whenever some are given. */
export function gather(give) {
  dropZone.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    give([...chooser.files]);
    chooser.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) give([...event.clipboardData.files]);
  });
  // The whole page takes drops: a near miss would make the browser leave it.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    dropZone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) dropZone.classList.remove("over");
  });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    dropZone.classList.remove("over");
    give(await droppedFiles(event.dataTransfer));
  });
}

/** The files of a drop, with those in folders. */
async function droppedFiles(transfer) {
  const places = [...transfer.items].map((item) => item.webkitGetAsEntry()); // gone after the first await
  if (!places.some((place) => place?.isDirectory)) return [...transfer.files];
  const found = [];
  for (const place of places.filter(Boolean)) {
    const unopened = () => found.push(new File([], place.name)); // an empty file, so that the service names it
    await walk(place, found).catch(unopened);
  }
  return found;
}

/** Add the files in a place, however deep. */
async function walk(place, found) {
  if (place.isFile) {
    found.push(await new Promise((resolve, reject) => place.file(resolve, reject)));
    return;
  }
  const reader = place.createReader();
  for (;;) {
    const inside = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!inside.length) return; // a reader gives a hundred at a time
    for (const one of inside) await walk(one, found);
  }
}
