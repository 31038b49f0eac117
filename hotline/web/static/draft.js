// Keeps what is typed on the server, not in this shared machine's browser: a form with data-draft-url
// is posted there a moment after each change, one post after the other, and says so in its [data-draft-note],
// which is marked data-pending while there is something that the server does not have yet. Where the same officer
// has typed into it in another tab since, the server refuses (409), and [data-draft-newer] lets them choose.

const body = document.body;
const WAIT_MS = 800;
const RETRY_MS = 5000;
const waiting = new WeakMap();
const sent = new WeakMap();
const noteOf = (form) => form.querySelector("[data-draft-note]");

function note(form, words, failed) {
  const place = noteOf(form);
  if (!place || waiting.has(form)) return;
  delete place.dataset.pending;
  place.textContent = words;
  place.classList.toggle("text-danger", failed);
}

function later(form, ms) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(next, ms, form));
}

// An older draft that took its time must not overwrite a newer one.
function next(form) {
  sent.set(form, (sent.get(form) ?? Promise.resolve()).then(() => save(form)));
}

async function save(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  try {
    const headers = JSON.parse(body.getAttribute("hx-headers"));
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: new FormData(form), headers, keepalive: true });
    if (answer.status === 409) return refused(form, (await answer.json()).at);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const time = new Date().toLocaleTimeString("zh-CN", { timeStyle: "short", timeZone: body.dataset.zone });
    note(form, `${body.dataset.textSaved} ${time}`, false);
  } catch {
    note(form, body.dataset.textUnsaved, true);
    later(form, RETRY_MS);
  }
}

function refused(form, at) {
  note(form, "", true);
  const told = form.querySelector("[data-draft-newer]");
  told.dataset.draftNewer = at;
  told.hidden = false;
}

function insist({ target }) {
  const told = target.closest("[data-draft-mine]")?.closest("[data-draft-newer]");
  if (!told) return;
  const form = told.closest("form");
  form.elements.draft_seen.value = told.dataset.draftNewer;
  told.hidden = true;
  later(form, 0);
}

function changed(event) {
  const form = event.target.closest("form[data-draft-url]");
  if (!form) return;
  if (noteOf(form)) noteOf(form).dataset.pending = "";
  later(form, WAIT_MS);
}

function isSent(form) {
  // What is being saved for good needs no draft, and one that came later would look unsaved.
  clearTimeout(waiting.get(form));
  waiting.delete(form);
}

function saveAll() {
  for (const form of document.querySelectorAll("form[data-draft-url]")) {
    if (waiting.has(form)) save(form);
  }
}

body.addEventListener("click", insist);
body.addEventListener("input", changed);
body.addEventListener("change", changed);
body.addEventListener("submit", (event) => isSent(event.target), true);
body.addEventListener("htmx:beforeRequest", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig.verb !== "get") isSent(elt.closest("form"));
});
document.addEventListener("visibilitychange", () => { if (document.hidden) saveAll(); });
addEventListener("pagehide", saveAll);
