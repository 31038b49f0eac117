// Sound and desktop notices for what cannot wait, and what colleagues offer. However many tabs are open, one of
// them sounds and one notifies: whoever holds the lock of that name. A tab that closes gives it up to the next.

const body = document.body;
const button = document.getElementById("sound");
const KEPT = "sound";
const NOTIFY = "notify";
const RING = 6;
const RING_EVERY_MS = 4000;
const FOR_EVER = () => new Promise(() => {});
let audio;
let sounds = !navigator.locks;
let notifies = !navigator.locks;

// --- Sound. Off until switched on at this desk; browsers want a click first, and only a tab that may sound
// is trusted with it. ---

const isOn = () => localStorage.getItem(KEPT) === "on";

function hold(name, held) {
  navigator.locks?.request(name, () => { held(); return FOR_EVER(); });
}

function wake() {
  if (audio || !isOn()) return;
  const woken = new AudioContext();
  const ready = () => {
    if (audio || woken.state !== "running") return;
    audio = woken;
    hold(KEPT, () => { sounds = true; });
  };
  woken.addEventListener("statechange", ready);
  ready();
}

function chime(times) {
  if (!isOn() || !sounds || !audio) return;
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
  wake();
  setTimeout(chime, 100, 2);
});
addEventListener("storage", paint);
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wake);
body.addEventListener("live:emergency", () => chime(RING));
body.addEventListener("ring", () => chime(RING));
body.addEventListener("chime", () => chime(2));
paint();
wake();

// --- A locked console shows nothing, and sounds as the board does until somebody acts. It asks for a word without
// content, and only after a notice; a server that is busy or gone does not silence what sounds. ---

const isLocked = () => body.classList.contains("is-locked");
let asks = true;
let isLoud = false;

async function ringLocked() {
  if (!asks || !isLocked() || !isOn() || !sounds || !audio) return;
  const answer = await fetch("/board/loud", { headers: { "X-Background": "1" } }).catch(() => null);
  if (answer?.status < 500) isLoud = asks = answer.status === 200 && !answer.redirected;
  document.querySelector("[data-sounding]").hidden = !isLoud;
  if (isLoud && isLocked()) chime(RING);
}

for (const kind of ["covered", "live:emergency", "live:alert", "live:report"]) {
  body.addEventListener(kind, () => { asks = true; });
}
setInterval(ringLocked, RING_EVERY_MS);

// --- Desktop notices: no name, no place, no content; a click leads to the report. ---

const ask = document.getElementById("notify-ask");
const canNotify = () => "Notification" in window && Notification.permission === "granted";

function notify(ref) {
  if (!notifies || !canNotify()) return;
  const notice = new Notification(body.dataset.textNotifyTitle, {
    body: body.dataset.textNotifyBody, tag: `emergency-${ref}`, requireInteraction: true,
  });
  notice.addEventListener("click", () => {
    window.focus();
    notice.close();
    location.assign(`/queue/report/${ref}`);
  });
}

async function answer({ target }) {
  const choice = target.closest("[data-notify]")?.dataset.notify;
  if (!choice) return;
  if (choice === "yes") await Notification.requestPermission();
  localStorage.setItem(NOTIFY, "asked");
  ask.hidden = true;
}

if (ask && "Notification" in window) {
  ask.hidden = Notification.permission !== "default" || localStorage.getItem(NOTIFY) === "asked";
  ask.addEventListener("click", answer);
}
body.addEventListener("live:emergency", ({ detail: { ref } }) => {
  for (const one of (ref ?? "").split(" ").filter(Boolean)) notify(one);
});
hold(NOTIFY, () => { notifies = true; });

// --- A colleague offers a report, or has answered: the notice's numbers are the accounts that it concerns. ---

const offers = document.getElementById("handovers");
const known = new Set();
const AGAIN_MS = 2000;
const offered = () => [...offers.querySelectorAll("[data-offer]")].map((one) => one.dataset.offer);

if (offers) {
  body.addEventListener("live:handover", ({ detail: { ref } }) => {
    if (!ref || ref.split(" ").includes(offers.dataset.account)) offers.dispatchEvent(new Event("ask"));
  });
  // Sent away because too many ask: nobody else tells this officer of the offer.
  offers.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 503) setTimeout(() => offers.dispatchEvent(new Event("ask")), AGAIN_MS);
  });
  offers.addEventListener("htmx:afterSwap", ({ detail }) => {
    const fresh = offered().some((one) => !known.has(one));
    for (const one of offered()) known.add(one);
    if (fresh && detail.requestConfig.triggeringEvent?.type === "ask") chime(4);
  });
}
