// Who is at a report, live: [data-here="number"] shows them, [data-presence="number"] says that this page is there.

const body = document.body;
const BEAT_MS = 5000;
const AGAIN_MS = 6000;
const SPREAD_MS = 700;
const account = document.getElementById("handovers")?.dataset.account;
let here = [];
let asking;

const places = () => [...document.querySelectorAll("[data-here]")];
const at = () => document.querySelector("[data-presence]");

// --- This page. ---

function say(gone = false) {
  if (!at()) return;
  const { presence: number, doing } = at().dataset;
  const fields = new URLSearchParams({ doing, ...(gone && { gone: "1" }) });
  const headers = { ...JSON.parse(body.getAttribute("hx-headers")), "X-Background": "1" };
  fetch(`/reports/${number}/presence`, { method: "POST", body: fields, headers, keepalive: true }).catch(() => null);
}

const leave = () => say(true);

function stay() {
  if (!document.hidden) say();
}

// --- The others. ---

function person({ name, doing }, wide) {
  const words = `${name} ${body.dataset[doing === "working" ? "textWorking" : "textLooking"]}`;
  const shown = document.createElement("span");
  shown.className = "here";
  shown.dataset.doing = doing;
  shown.title = words;
  const [face, told] = ["span", "span"].map((tag) => document.createElement(tag));
  face.className = "avatar avatar-xs rounded-circle";
  face.textContent = name.slice(0, 1);
  face.setAttribute("aria-hidden", "true");
  told.className = wide ? "here-words" : "visually-hidden";
  told.textContent = words;
  shown.append(face, told);
  return shown;
}

function paint() {
  for (const place of places()) {
    const others = here.filter(({ number }) => number === place.dataset.here);
    const key = JSON.stringify(others);
    if ((place.dataset.shown ?? "[]") === key) continue;
    place.dataset.shown = key;
    place.replaceChildren(...others.map((one) => person(one, "hereWide" in place.dataset)));
  }
}

async function ask() {
  asking = undefined;
  if (document.hidden || !places().length) return;
  const answer = await fetch("/queue/presence", { headers: { "X-Background": "1" } }).catch(() => null);
  here = answer?.ok && !answer.redirected ? (await answer.json()).here : [];
  here = here.filter((one) => String(one.account) !== account);
  paint();
  // Whoever is shown may have gone without a word.
  if (places().some((place) => place.childElementCount)) asking ??= setTimeout(ask, AGAIN_MS);
}

function askSoon() {
  clearTimeout(asking);
  asking = setTimeout(ask, Math.random() * SPREAD_MS);
}

// No numbers: notices do not come, and every kind is announced. Empty ones: somebody is at a report that is not
// for everybody, which only its own page shows.
function concerns(ref) {
  if (ref === undefined) return true;
  const shown = new Set(places().map((place) => place.dataset.here));
  return ref ? ref.split(" ").some((number) => shown.has(number)) : Boolean(at());
}

body.addEventListener("live:presence", ({ detail: { ref } }) => {
  if (concerns(ref)) askSoon();
});
body.addEventListener("rows", paint);
body.addEventListener("htmx:load", ({ target }) => {
  if (!target.matches?.(".beside, :has(> .beside)")) return;
  stay();
  askSoon();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return leave();
  stay();
  askSoon();
});
addEventListener("pagehide", leave);
setInterval(stay, BEAT_MS);
stay();
ask();
