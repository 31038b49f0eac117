// A console left alone: this covers what stands on the page, keeps what was typed, and uncovers once the server says
// that whoever came back is who they were. The server decides, and refuses all content meanwhile. All tabs of one
// sign-in go together.

const body = document.body;
const cover = document.getElementById("cover");
const form = cover.querySelector("form");
const { password, credential, sign_in: signIn } = form.elements;
const fault = form.querySelector("[data-fault]");
const lockMs = Number(body.dataset.lockSeconds) * 1000;
const tabs = new BroadcastChannel("lock");
const TOLD_EVERY_MS = 5000;
const LOOK_EVERY_MS = 2000;
let touchedAt = Date.now();
let toldAt = 0;
let serverKnows = true;
let before = { title: document.title, focus: null, inert: [] };

const isLocked = () => body.classList.contains("is-locked");
const headers = () => JSON.parse(body.getAttribute("hx-headers"));

function tell(kind) {
  tabs.postMessage({ kind, of: signIn.value });
}

// --- Covered: nothing of the page can be seen, heard or reached. ---

function conceal() {
  if (isLocked()) return;
  for (const playing of document.querySelectorAll('[data-player][data-state="playing"] [data-do="play"]')) playing.click();
  const rest = [...body.children].filter((part) => part !== cover && !part.inert);
  before = { title: document.title, focus: document.activeElement, inert: rest };
  for (const part of rest) part.inert = true;
  body.classList.add("is-locked");
  cover.hidden = false;
  document.title = cover.dataset.title;
  password.focus();
  body.dispatchEvent(new Event("covered"));
}

function reveal() {
  if (!isLocked()) return;
  if (cover.dataset.goOn) return location.replace(cover.dataset.goOn);
  touchedAt = Date.now();
  form.reset();
  fault.textContent = "";
  body.classList.remove("is-locked");
  cover.hidden = true;
  for (const part of before.inert) part.inert = false;
  document.title = before.title;
  before.focus?.focus();
  // What happened meanwhile was not asked for.
  const kinds = body.dataset.liveEvents.split(/\s+/).filter((kind) => kind && kind !== "emergency");
  for (const kind of kinds) body.dispatchEvent(new CustomEvent(`live:${kind}`));
}

// The page's own keys stay with the page.
addEventListener("keydown", (event) => { if (isLocked()) event.stopPropagation(); }, { capture: true });

async function tellServer(reason) {
  serverKnows = false;
  // By hand it is a human being's click, and does not wait its turn.
  const unasked = reason.has("by_hand") ? {} : { "X-Background": "1" };
  const answer = await fetch("/lock", { method: "POST", headers: { ...headers(), ...unasked }, body: reason }).catch(() => null);
  serverKnows = Boolean(answer?.ok);
  // Once more: a tab that was opening meanwhile has missed the first word.
  if (serverKnows) tell("locked");
}

function lock(reason = new FormData()) {
  conceal();
  tell("locked");
  tellServer(reason);
}

// --- Somebody is there, in whichever tab. ---

function touched() {
  if (isLocked()) return;
  const now = Date.now();
  // The machine may have slept: what wakes it is no sign of its owner.
  if (now - touchedAt > lockMs) return lock();
  touchedAt = now;
  if (now - toldAt < TOLD_EVERY_MS) return;
  toldAt = now;
  tell("touched");
}

for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) {
  document.addEventListener(kind, touched, { passive: true, capture: true });
}

setInterval(() => {
  if (isLocked()) return serverKnows || tellServer(new FormData());
  if (Date.now() - touchedAt > lockMs) lock();
}, LOOK_EVERY_MS);

const heard = {
  touched() { touchedAt = Date.now(); },
  locked: conceal,
  unlocked: reveal,
};

tabs.addEventListener("message", ({ data }) => {
  if (data.of === signIn.value) heard[data.kind]?.();
});

// --- What the server says of it. ---

body.addEventListener("locked", conceal);

// Nothing is asked for under the cover.
body.addEventListener("htmx:confirm", (event) => { if (isLocked()) event.preventDefault(); });

// A page that comes back from the browser's memory, or a tab that slept, may be locked or another's by now.
async function look() {
  const answer = await fetch("/lock", { headers: { "X-Background": "1" } }).catch(() => null);
  if (!answer) return;
  const known = !answer.redirected && [200, 423].includes(answer.status);
  if (known && (await answer.text()) !== signIn.value) return location.reload();
  if (answer.status === 423) conceal();
  // Led to the door: it is over. A server that fails, or is busy, costs nobody what was typed.
  else if (answer.redirected && isLocked()) location.reload();
}

addEventListener("pageshow", (event) => { if (event.persisted) look(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });

// --- Back to work. ---

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const sent = new FormData(form);
  password.value = credential.value = "";
  const answer = await fetch("/unlock", { method: "POST", body: sent, headers: { Accept: "text/plain" } }).catch(() => null);
  if (answer?.status === 204) {
    reveal();
    return tell("unlocked");
  }
  // The sign-in is over, or another's: what stands below is not shown again. Whatever else went wrong passes.
  if (answer?.redirected || [400, 409].includes(answer?.status)) return location.reload();
  fault.textContent = answer?.status < 500 ? await answer.text() : body.dataset.textOffline;
  password.focus();
});

document.querySelector('form[action="/lock"]')?.addEventListener("submit", (event) => {
  event.preventDefault();
  lock(new FormData(event.target));
});

if (isLocked()) {
  document.title = cover.dataset.title;
  password.focus();
}
