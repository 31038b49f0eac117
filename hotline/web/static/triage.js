// The lists and the report page: rows that keep their place, keys to walk them, posts that go once.

const body = document.body;

// --- A refresh that brings nothing new leaves the page alone; what is new is shown for a moment. ---

const TICKING = /(<time[^>]*>)[^<]*/g;
// Signed anew in every answer; the one that is there stays good.
const TOKEN = /(name="csrf_token" value=")[^"]*/g;
const NEW_MS = 6000;
const seen = new WeakMap();
const rowsOf = (list) => [...list.querySelectorAll("[data-row]")];

body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.matches("[data-merge]")) return;
  if (detail.requestConfig.verb !== "get" || detail.xhr.status !== 200) return;
  const came = detail.serverResponse.replace(TICKING, "$1").replace(TOKEN, "$1");
  if (seen.get(detail.target) === came) detail.shouldSwap = false;
  seen.set(detail.target, came);
  detail.target.knownRows = new Set(rowsOf(detail.target).map((row) => row.id));
});

body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (!target.matches?.("[data-rows]")) return;
  const fresh = rowsOf(target).filter((row) => !target.knownRows.has(row.id));
  for (const row of fresh) {
    row.classList.add("is-new");
    setTimeout(() => row.classList.remove("is-new"), NEW_MS);
  }
});

body.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const { version } = detail.target.dataset;
  if (version && detail.fragment.firstElementChild?.dataset.version === version) detail.shouldSwap = false;
});

// --- j, k and the arrows walk the rows; c claims the one that has the focus. Enter is the link's own. ---

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
const LISTS = "[data-rows] [data-row], [data-merge] [data-row]";
const rowInFocus = () => document.activeElement?.closest("[data-row]");

function walk(by) {
  const rows = [...document.querySelectorAll(LISTS)].filter((row) => row.querySelector("[data-open]"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(rowInFocus()) + by))];
  next?.querySelector("[data-open]").focus();
  next?.scrollIntoView({ block: "nearest" });
}

body.addEventListener("hotkey", (event) => {
  const { key } = event.detail;
  const claim = key === "c" && rowInFocus()?.querySelector("[data-claim]");
  if (!claim && !(key in STEPS && document.querySelector(LISTS))) return;
  event.preventDefault();
  if (claim) claim.click();
  else walk(STEPS[key]);
});

// --- A form sent back with its faults stands at the address it was sent to; a reload must not send it
// again, but show the page, where the draft has what was typed. ---

const address = document.querySelector("[data-address]")?.dataset.address;
if (address && address !== location.pathname) history.replaceState(null, "", address);

// --- A second click on the way changes nothing: services see to that. It should not look as if it did. ---

addEventListener("submit", ({ target, submitter }) => {
  if (submitter) setTimeout(() => { submitter.disabled = true; target.dataset.sent = ""; });
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.elements) if (button.matches("button")) button.disabled = false;
  }
});
