// The search page: asks a moment after the last key, never in the middle of a composition; arrows walk the results.

const form = document.getElementById("search");
const box = form.elements.asked;
const WAIT_MS = 200;
let waiting;
let asked = box.value.trim();

function ask() {
  if (box.value.trim() === asked) return;
  asked = box.value.trim();
  form.dispatchEvent(new Event("ask"));
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, WAIT_MS);
}

const results = () => [...document.querySelectorAll("#results [data-result]")];

function walk(by) {
  const all = results();
  const next = all.indexOf(document.activeElement) + by;
  (next < 0 ? box : all[Math.min(next, all.length - 1)])?.focus();
}

box.addEventListener("input", (event) => { if (!event.isComposing) later(); });
box.addEventListener("compositionend", later);

document.addEventListener("keydown", (event) => {
  const here = event.target === box || event.target.matches("[data-result]");
  if (!here || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) {
    event.preventDefault();
    walk(by);
  } else if (event.key === "Enter" && event.target === box && box.value.trim() === asked && results().length) {
    event.preventDefault();
    results()[0].click();
  }
});

// Back from a result: what was asked is not kept by this browser, but the server knows it.
const [{ type }] = performance.getEntriesByType("navigation");
addEventListener("pageshow", () => {
  if (type !== "back_forward" || results().length) return;
  form.elements.again.value = "1";
  form.dispatchEvent(new Event("ask"));
  form.elements.again.value = "";
});
document.getElementById("results").addEventListener("htmx:afterSettle", ({ target }) => {
  const again = target.querySelector("[data-asked]")?.dataset.asked;
  if (again && !box.value) box.value = asked = again;
});
