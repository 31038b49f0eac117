// Toasts, and how the console treats htmx requests. What templates say in data attributes. The keyboard: keys.js.

const body = document.body;
const text = (name) => body.dataset[`text${name}`];

// --- Toasts: {text, kind} from the server's HX-Trigger header, or from another script. ---

const SHOWN_MS = { success: 5000, info: 6000, danger: 12000 };

function show(toast, kind) {
  toast.classList.add("show", `toast-${kind}`);
  setTimeout(() => toast.remove(), SHOWN_MS[kind] ?? SHOWN_MS.info);
  toast.addEventListener("click", () => toast.remove());
}

function addToast({ text: words, kind = "info" }) {
  const toast = document.createElement("div");
  const inner = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", kind === "danger" ? "alert" : "status");
  inner.className = "toast-body";
  inner.textContent = words;
  toast.append(inner);
  document.getElementById("toasts").append(toast);
  show(toast, kind);
}

body.addEventListener("toast", (event) => addToast(event.detail));
for (const toast of document.querySelectorAll("#toasts .toast")) show(toast, toast.dataset.kind);

// --- htmx: failures are said, and a refresh never pulls a field from under the fingers. ---

const FIELDS = "input:not([type=radio]):not([type=checkbox]):not([type=button]), textarea, select, [contenteditable]";
const isTyping = () => document.activeElement?.matches(FIELDS);
const held = new Set();
const isBackground = (detail) => Boolean(detail.requestConfig?.headers["X-Background"]);

body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.triggeringEvent?.type?.startsWith("live:")) detail.headers["X-Background"] = "1";
  // A click is a human being's, also on a form within a piece that refreshes itself and says so.
  if (detail.verb !== "get") delete detail.headers["X-Background"];
});

body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // A form sent back with its faults is an answer, too.
  if (detail.xhr.status === 422) detail.shouldSwap = true;
  const typingInside = isTyping() && detail.target.contains(document.activeElement);
  if (typingInside && isBackground(detail)) {
    detail.shouldSwap = false;
    held.add(detail.requestConfig.triggeringEvent?.type);
  }
});

body.addEventListener("focusout", () => {
  const kinds = [...held].filter(Boolean);
  held.clear();
  for (const kind of kinds) body.dispatchEvent(new CustomEvent(kind));
});

body.addEventListener("htmx:sendError", ({ detail }) => {
  if (!isBackground(detail)) addToast({ text: text("Offline"), kind: "danger" });
});

body.addEventListener("htmx:responseError", ({ detail }) => {
  const explained = detail.xhr.getResponseHeader("HX-Trigger") || detail.xhr.getResponseHeader("HX-Redirect");
  if (!explained && !isBackground(detail)) addToast({ text: text("Failed"), kind: "danger" });
});

// --- Faults of the line: what the server says of them, or that it says nothing. ---

const faults = document.getElementById("faults");
let toldOfFaults;

faults.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Left alone while nothing changes: it would be read out again every ten seconds.
  if (detail.serverResponse === toldOfFaults) detail.shouldSwap = false;
  toldOfFaults = detail.serverResponse;
});

faults.addEventListener("htmx:afterRequest", ({ detail }) => {
  document.getElementById("no-answer").hidden = Boolean(detail.successful);
});

// --- Somebody at the desk keeps the sign-in alive; a deserted desk is signed out. ---

const idleMs = Number(body.dataset.idleSeconds) * 1000;
const WARN_MS = Math.min(120_000, idleMs / 3);
const TOLD_EVERY_MS = Math.min(60_000, idleMs / 4);
let touchedAt = Date.now();
let toldAt = Date.now();
let warned = false;

function touched() {
  touchedAt = Date.now();
  warned = false;
  if (touchedAt - toldAt < TOLD_EVERY_MS) return;
  toldAt = touchedAt;
  const headers = JSON.parse(body.getAttribute("hx-headers"));
  fetch("/present", { method: "POST", headers }).then(leaveIfSignedOut, () => { toldAt = 0; });
}

function leaveIfSignedOut(answer) {
  if (answer.redirected || answer.status === 401) location.reload();
}

for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) {
  document.addEventListener(kind, touched, { passive: true });
}

setInterval(() => {
  const idle = Date.now() - touchedAt;
  if (idle > idleMs + 5000) return location.reload();
  if (idle > idleMs - WARN_MS && !warned) {
    warned = true;
    addToast({ text: text("Idle"), kind: "danger" });
    body.dispatchEvent(new Event("chime"));
  }
}, 5000);
