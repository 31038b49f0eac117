// The board rings until somebody has pressed "seen" on every row that asks for it; and says so when this
// browser cannot ring. What stands on a locked console is old: there it is `alarm.js` that asks and rings.

const body = document.body;
const RING_EVERY_MS = 4000;
const warning = document.getElementById("no-sound");
const bell = document.getElementById("sound");
// Browsers let a page sound once somebody has touched it; all audio of a page is in the same state.
const probe = new AudioContext();

const isOn = () => bell.getAttribute("aria-pressed") === "true";
const isLoud = () => document.querySelector("body:not(.is-locked) #board [data-loud]") !== null;

function paint() {
  warning.hidden = isOn() && probe.state === "running";
}

function ring() {
  paint();
  if (isLoud()) body.dispatchEvent(new Event("ring"));
}

function open() {
  probe.resume();
  if (!isOn()) bell.click();
}

document.getElementById("sound-on").addEventListener("click", open);
addEventListener("pointerdown", () => probe.resume());
addEventListener("keydown", () => probe.resume());
probe.addEventListener("statechange", paint);
bell.addEventListener("click", () => setTimeout(paint));
// What has just turned up does not wait for its turn.
body.addEventListener("htmx:afterSwap", ({ detail }) => {
  const loud = isLoud();
  if (loud && detail.target.id === "board" && detail.target.wasLoud === false) ring();
  detail.target.wasLoud = loud;
});
setInterval(ring, RING_EVERY_MS);
paint();
