// Live notices: an event X on the stream becomes "live:X" on the body, where hx-trigger="live:X from:body"
// waits. While the stream is down every kind is announced each ten seconds, so pages still refresh.

const body = document.body;
const kinds = body.dataset.liveEvents.split(/\s+/).filter(Boolean);
const status = document.getElementById("live-status");
const RETRY_MS = 10_000;
let stream;

function announce(kind, detail = {}) {
  body.dispatchEvent(new CustomEvent(`live:${kind}`, { detail }));
}

function announceAll() {
  for (const kind of kinds) if (kind !== "emergency") announce(kind);
}

function show(state) {
  status.dataset.state = state;
  status.title = state === "live" ? body.dataset.textLive : body.dataset.textPoll;
}

function opened() {
  show("live");
  // What happened between the making of this page, or the loss of the stream, and now.
  announceAll();
}

function connect() {
  stream = new EventSource(body.dataset.live);
  stream.onopen = opened;
  stream.onerror = () => show("poll");
  for (const kind of kinds) {
    stream.addEventListener(kind, (event) => announce(kind, { ref: event.data }));
  }
}

setInterval(() => {
  if (!stream || status.dataset.state === "live") return;
  announceAll();
  // A refused stream is not tried again by the browser itself.
  if (stream.readyState === EventSource.CLOSED) connect();
}, RETRY_MS);

if (body.dataset.live) {
  addEventListener("pagehide", () => stream.close());
  // Not before the page is ready to listen. Coming back to a page kept by the browser counts, too.
  addEventListener("pageshow", connect);
}

// --- Sound for emergencies. Off until switched on at this desk; browsers want a click first. ---

const button = document.getElementById("sound");
const KEPT = "sound";
let audio;

function isOn() {
  return localStorage.getItem(KEPT) === "on";
}

function chime(times) {
  if (!isOn()) return;
  audio ??= new AudioContext();
  for (let note = 0; note < times; note += 1) beep(audio.currentTime + note * 0.28, note % 2 ? 660 : 880);
}

function beep(at, pitch) {
  const [tone, loudness] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.24);
  tone.connect(loudness).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.25);
}

function paint() {
  button.setAttribute("aria-pressed", String(isOn()));
  button.title = isOn() ? body.dataset.textSoundOn : body.dataset.textSoundOff;
}

button.addEventListener("click", () => {
  localStorage.setItem(KEPT, isOn() ? "off" : "on");
  paint();
  chime(2);
});
addEventListener("pointerdown", () => { if (isOn()) (audio ??= new AudioContext()).resume(); }, { once: true });
body.addEventListener("live:emergency", () => chime(6));
body.addEventListener("ring", () => chime(6));
body.addEventListener("chime", () => chime(2));
paint();
