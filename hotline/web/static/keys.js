// The keyboard. A page declares its keys as data, and the sheet under "?" lists them by itself.
//
// 1. data-hotkey="n" on a button, a link, a field or a <summary>: the key clicks it (or puts the focus into the
//    field) while it can be seen. Two keys one after the other, data-hotkey="g q", work on links out of sight, too.
//    The sheet names it by data-hotkey-label, else aria-label, else its words.
// 2. A key that a script of the page takes: body.addEventListener("hotkey", (event) => …), not keydown.
//    event.detail is {key, target}; event.preventDefault() says that the key was taken. The event comes only when
//    a key may act: not while somebody types or composes, and not from behind an open window. So that the sheet
//    knows it: block hotkeys of the page, or, in a piece, {% call keys() %}{{ key_row("j k", _("…")) }}{% endcall %}
//    (macros.html), which may stand anywhere in the page.

const body = document.body;
const FIELDS = "input:not([type=radio]):not([type=checkbox]):not([type=button]), textarea, select, [contenteditable]";
// Arrows, Enter and the space bar belong to whatever control has the focus.
const CONTROLS = `input, ${FIELDS}, [role=listbox], [role=slider]`;
const SECOND_KEY_MS = 1500;
const KEPT = "hotkeys";
let first = "";
let forgetting;

const isOff = () => localStorage.getItem(KEPT) === "off";
const isPair = (keys) => keys.length === 3;
const isNamed = (key) => key.length > 1 || key === " ";
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
const isTyping = () => document.activeElement?.matches(FIELDS);
const isTaken = (key) => document.activeElement?.matches(isNamed(key) ? CONTROLS : FIELDS);
const declared = () => [...(document.querySelector(".modal.show") ?? document).querySelectorAll("[data-hotkey]")];

function holder(keys) {
  return declared().find((element) => element.dataset.hotkey === keys && (isPair(keys) || isSeen(element)));
}

function wait(key) {
  clearTimeout(forgetting);
  first = declared().some((element) => element.dataset.hotkey.startsWith(`${key} `)) ? key : "";
  forgetting = setTimeout(() => { first = ""; }, SECOND_KEY_MS);
}

function press(element) {
  if (element.matches(FIELDS)) element.focus();
  else element.click();
}

function offer(event) {
  if (document.querySelector(".modal.show")) return;
  const detail = { key: event.key, target: event.target };
  const taken = !body.dispatchEvent(new CustomEvent("hotkey", { detail, cancelable: true }));
  if (taken) event.preventDefault();
}

function obey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape" && isTyping()) return document.activeElement.blur();
  if (isTaken(event.key) || (isOff() && !isNamed(event.key))) return;
  const element = (first && holder(`${first} ${event.key}`)) || holder(event.key);
  if (event.key !== "Shift") wait(event.key);
  if (!element) return offer(event);
  event.preventDefault();
  press(element);
}

document.addEventListener("keydown", obey);

// --- The sheet. ---

const sheet = document.getElementById("keyboard-help");
const nameOf = (element) =>
  element.dataset.hotkeyLabel || element.getAttribute("aria-label") || element.textContent.trim();

function row(element) {
  const [term, meaning] = ["dt", "dd"].map((tag) => document.createElement(tag));
  for (const one of element.dataset.hotkey.split(" ")) {
    const key = document.createElement("kbd");
    key.textContent = one;
    term.append(key, " ");
  }
  meaning.textContent = nameOf(element);
  return [term, meaning];
}

function rows(elements) {
  const keys = elements.map((element) => element.dataset.hotkey);
  return elements.filter((element, at) => keys.indexOf(element.dataset.hotkey) === at).flatMap(row);
}

function list() {
  const all = [...document.querySelectorAll("[data-hotkey]")];
  const isEverywhere = (element) => Boolean(element.closest("header"));
  const page = all.filter((element) => !isEverywhere(element) && isSeen(element));
  const pieces = [...document.querySelectorAll("template[data-keys]")].map(({ content }) => content.cloneNode(true));
  sheet.querySelector("[data-keys-of=page]").replaceChildren(...pieces, ...rows(page));
  sheet.querySelector("[data-keys-of=everywhere]").replaceChildren(...rows(all.filter(isEverywhere)));
}

const choice = sheet.querySelector("[data-keys-on]");
choice.checked = !isOff();
choice.addEventListener("change", () => localStorage.setItem(KEPT, choice.checked ? "on" : "off"));
sheet.addEventListener("show.bs.modal", list);

// --- Whatever window closes, the focus goes back to where it was. ---

let before;
document.addEventListener("show.bs.modal", () => { before = document.activeElement; });
document.addEventListener("hidden.bs.modal", () => before?.focus());
