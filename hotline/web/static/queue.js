// The queue, live without jumps. While somebody reads or walks the list, nothing moves under them: rows that
// changed change in place, rows that left fade and say where they went, rows that came are announced and wait.
// Otherwise the list is put in order at once. Rows come alike for everybody; what is one's own is marked here.

const body = document.body;
const queue = document.getElementById("queue");
const news = document.getElementById("queue-news");
const me = queue.dataset.account;
const READING_MS = 15_000;
const FADING_MS = 6000;
const NEW_MS = 6000;
const TICKING = /(<time[^>]*>)[^<]*/g;
const sources = new WeakMap();
const picked = new Set();
const risen = new Set();
let latest;
let usedAt = -Infinity;

const list = () => document.getElementById("queue-list");
const rowsOf = (root) => [...root.querySelectorAll("[data-row]")];
const numberOf = (row) => row.id.replace("report-", "");
const isEmergency = (row) => row.dataset.urgencyRow === "emergency";
const isGone = (row) => row.classList.contains("is-gone");
const sourceOf = (element) => element.outerHTML.replace(TICKING, "$1");
const part = (id) => latest.getElementById(id);

// --- Somebody is at the list: has just moved the pointer over it, walked it, scrolled, or has picked rows. ---

const isUsed = () => picked.size > 0 || performance.now() - usedAt < READING_MS;
const use = () => { usedAt = performance.now(); };

queue.addEventListener("pointermove", ({ target, movementX, movementY }) => {
  if ((movementX || movementY) && list().contains(target)) use();
});
queue.addEventListener("pointerleave", () => { if (!list().contains(document.activeElement)) usedAt = -Infinity; });
queue.addEventListener("focusin", ({ target }) => { if (list().contains(target)) use(); });
addEventListener("scroll", use, { passive: true });

// --- One element takes the shape of another, and keeps the focus. ---

function keepingFocus(act) {
  const { id } = document.activeElement;
  const row = document.activeElement.closest("[data-row]");
  act();
  if (!id || document.activeElement.id === id) return;
  const again = document.getElementById(id) ?? row?.querySelector("[data-open]");
  again?.focus({ preventScroll: true });
}

function become(element, next) {
  if (sources.get(element) === sourceOf(next)) return;
  const copy = next.cloneNode(true);
  keepingFocus(() => {
    for (const name of element.getAttributeNames()) if (!next.hasAttribute(name)) element.removeAttribute(name);
    for (const { name, value } of next.attributes) element.setAttribute(name, value);
    element.replaceChildren(...copy.childNodes);
  });
  sources.set(element, sourceOf(next));
  window.htmx.process(element);
}

function dress() {
  for (const row of rowsOf(list())) {
    row.classList.toggle("is-mine", row.dataset.holder === me);
    const box = row.querySelector("input[type=checkbox]");
    if (box) box.checked = picked.has(box.value);
  }
  const held = document.getElementById("queue-head").dataset.held.split(" ");
  const mine = held.find((one) => one.startsWith(`${me}:`));
  document.querySelector("[data-mine-count]").textContent = mine?.split(":")[1] ?? 0;
  body.dispatchEvent(new Event("rows"));
}

// --- What came. ---

queue.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target !== queue) return;
  detail.shouldSwap = false;
  if (detail.xhr.status === 200) take(detail.serverResponse);
});

function take(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  latest = holder.content;
  become(document.getElementById("queue-head"), part("queue-head"));
  if (isUsed() && rowsOf(list()).length) mend();
  else settle();
}

function mend() {
  const there = new Set(rowsOf(list()).map((row) => row.id));
  for (const row of rowsOf(list())) {
    const next = part(row.id);
    if (!next || isGone(row)) continue;
    // It stays where it is: that it has become an emergency is told above, as of one that came.
    if (isEmergency(next) && !isEmergency(row)) risen.add(row.id);
    become(row, next);
  }
  farewell(rowsOf(list()).filter((row) => !part(row.id) && !isGone(row)));
  tell(rowsOf(latest).filter((row) => !there.has(row.id)));
  dress();
}

// In order, with as few moves as possible: what stays where it is keeps the focus by itself.
function arrange(table, rows) {
  let at = table.firstElementChild;
  for (const row of rows) {
    if (at === row) at = at.nextElementSibling;
    else table.insertBefore(row, at);
  }
}

function settle() {
  const table = list().querySelector("tbody");
  const next = rowsOf(latest);
  if (!table || !next.length) {
    become(list(), part("queue-list"));
  } else {
    const left = rowsOf(list()).filter((row) => !part(row.id));
    keepingFocus(() => arrange(table, next.map(inPlace)));
    farewell(left.filter((row) => !isGone(row)));
    if (!isUsed()) for (const row of left.filter((one) => one.dataset.told)) row.remove();
  }
  become(document.getElementById("queue-foot"), part("queue-foot"));
  risen.clear();
  tell([]);
  dress();
}

function inPlace(next) {
  const row = list().querySelector(`#${CSS.escape(next.id)}`);
  if (row) {
    row.classList.remove("is-gone");
    become(row, next);
    return row;
  }
  const fresh = next.cloneNode(true);
  sources.set(fresh, sourceOf(next));
  window.htmx.process(fresh);
  fresh.classList.add("is-new");
  setTimeout(() => fresh.classList.remove("is-new"), NEW_MS);
  return fresh;
}

// --- Rows that left: the server says to whom; one that only went to another page goes without a word. ---

async function farewell(rows) {
  if (!rows.length) return;
  for (const row of rows) row.classList.add("is-gone");
  const asked = new URLSearchParams(rows.map((row) => ["number", numberOf(row)]));
  const answer = await fetch(`/queue/whereabouts?${asked}`, { headers: { "X-Background": "1" } }).catch(() => null);
  const words = answer?.ok && !answer.redirected ? await answer.json() : {};
  for (const row of rows) goes(row, words[numberOf(row)]);
}

function goes(row, words) {
  if (!isGone(row)) return;
  if (words) {
    row.querySelector(".q-state").textContent = words;
    row.querySelector(".q-do").replaceChildren();
    news.querySelector("[data-said]").textContent = `${numberOf(row)} ${words}`;
  }
  if (picked.delete(numberOf(row))) pick();
  sources.delete(row);
  setTimeout(() => {
    row.dataset.told = "";
    if (isGone(row) && !isUsed()) row.remove();
  }, words ? FADING_MS : 0);
}

// --- Rows that came while somebody was reading. ---

function tell(fresh) {
  const words = fresh.length ? news.dataset.textNew.replace("{}", fresh.length) : "";
  const count = news.querySelector("[data-count]");
  if (count.textContent !== words) count.textContent = words;
  const raised = rowsOf(latest).filter((row) => risen.has(row.id));
  const isNews = fresh.length + raised.length > 0;
  news.querySelector("[data-show]").hidden = !isNews;
  news.classList.toggle("has-news", isNews);
  warn([...fresh, ...raised].filter(isEmergency).map(numberOf));
}

function warn(numbers) {
  const place = news.querySelector("[data-emergencies]");
  for (const link of place.querySelectorAll("a")) if (!numbers.includes(link.dataset.number)) link.remove();
  for (const number of numbers) {
    if (place.querySelector(`[data-number="${number}"]`)) continue;
    const link = document.createElement("a");
    Object.assign(link, { className: "btn btn-sm btn-danger", href: `/reports/${number}` });
    link.textContent = news.dataset.textEmergency.replace("{}", number);
    link.dataset.number = number;
    place.append(link);
  }
}

news.querySelector("[data-show]").addEventListener("click", () => {
  settle();
  list().querySelector(".is-new [data-open]")?.focus();
});

setInterval(() => {
  if (isUsed()) return;
  const waiting = news.classList.contains("has-news");
  if (waiting || list().querySelector("[data-told]")) settleIfAny();
}, 1000);

function settleIfAny() {
  if (latest) settle();
}

// --- Keys on the row that has the focus (j and k: triage.js). ---

const KEYS = { r: "[data-release]", h: "[data-handover]" };

body.addEventListener("hotkey", (event) => {
  const row = document.activeElement?.closest("[data-row]");
  const { key } = event.detail;
  if (!row || !(key === "x" || key in KEYS)) return;
  const control = row.querySelector(KEYS[key] ?? "input[type=checkbox]");
  if (!control?.checkVisibility()) return;
  event.preventDefault();
  use();
  control.click();
});

// --- Many at once: picked rows stay picked however often they come anew. ---

const bulk = document.getElementById("bulk");
let before;

function pick() {
  if (!bulk) return;
  bulk.hidden = !picked.size;
  const words = bulk.querySelector("[data-picked]");
  words.textContent = words.dataset.picked.replace("{}", picked.size);
}

function mark(box, checked) {
  box.checked = checked;
  if (checked) picked.add(box.value);
  else picked.delete(box.value);
}

queue.addEventListener("click", ({ target, shiftKey }) => {
  if (!target.matches("[data-row] input[type=checkbox]")) return;
  const boxes = [...list().querySelectorAll("input[type=checkbox]")];
  // By its number: the row may have come anew since.
  const ends = [boxes.findIndex((box) => box.value === before), boxes.indexOf(target)];
  const [from, to] = ends.sort((one, other) => one - other);
  const span = shiftKey && from >= 0 ? boxes.slice(from, to + 1) : [target];
  for (const box of span) mark(box, target.checked);
  before = target.value;
  pick();
});

function unpick() {
  picked.clear();
  pick();
  dress();
}

bulk?.querySelector("[data-unpick]").addEventListener("click", unpick);
bulk?.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) return;
  bulk.reset();
  unpick();
});

// --- The filters: opened by a key, they take the focus; left by Escape, they give it back. ---

const toggle = document.getElementById("filter-toggle");
const filters = document.getElementById("filter-form");

function open(shown) {
  filters.hidden = !shown;
  toggle.setAttribute("aria-expanded", String(shown));
  if (shown) filters.querySelector("input:not([type=hidden])")?.focus();
  else toggle.focus();
}

toggle.addEventListener("click", () => open(filters.hidden));
filters.addEventListener("htmx:afterSettle", () => open(true));
filters.addEventListener("keydown", ({ key }) => { if (key === "Escape") open(false); });

dress();
