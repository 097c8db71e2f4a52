/** The camera, where the browser lets this page use it. */

const QUALITY = 0.95;
const REASONS = {
  NotAllowedError: "The camera was refused. Allow it for this page in the browser, or choose a picture instead.",
  NotFoundError: "This device has no camera. Choose a picture instead.",
  NotReadableError: "Another program uses the camera. Close it and try again, or choose a picture instead.",
};
const INSECURE =
  "Browsers let a page use the camera only over https, or when the service runs on this very device. " +
  "Choose a picture instead; on a telephone, that offers the camera too.";

const opener = document.querySelector("#camera");
const viewfinder = document.querySelector("#viewfinder");
const video = viewfinder.querySelector("video");
const shutter = document.querySelector("#shoot");
const trouble = document.querySelector("#camera-trouble");

/** Call `give` with an array of one file for each picture taken, or `teach` for one of the new class. */
export function watchCamera(give, teach) {
  opener.addEventListener("click", () => (viewfinder.hidden ? open() : close()));
  shutter.addEventListener("click", async () => give([await shot()]));
  document.querySelector("#shoot-class").addEventListener("click", async () => teach([await shot()]));
}

/** Open the camera, unless it is open already. */
export async function useCamera() {
  if (viewfinder.hidden) await open();
  viewfinder.scrollIntoView({ block: "nearest" });
}

async function open() {
  trouble.hidden = true;
  try {
    if (!navigator.mediaDevices) throw new Error(INSECURE);
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
    show(true);
    shutter.focus();
  } catch (error) {
    trouble.textContent = REASONS[error.name] ?? error.message;
    trouble.hidden = false;
  }
}

function close() {
  for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
  show(false);
}

function show(open) {
  viewfinder.hidden = !open;
  opener.setAttribute("aria-expanded", open);
  opener.textContent = open ? "Stop the camera" : "Use the camera";
}

async function shot() {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return new File([blob], `camera ${new Date().toLocaleTimeString("en-GB")}.jpg`, { type: blob.type });
}
