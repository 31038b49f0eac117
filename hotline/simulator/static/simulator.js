import { follow, tell } from "/static/network.js";
import { clearPanel, showFaults, showJournal } from "/static/panel.js";
import { hush, ringWhile } from "/static/sounds.js";
import { element, Telephone } from "/static/telephone.js";
import { switchLanguage, translate, word } from "/static/words.js";

const telephones = new Map();
const jumps = new Map();
const $ = (id) => document.getElementById(id);
let latest = null;

function plugIn(view, line) {
  const telephone = new Telephone(view.number, line);
  const id = `phone-${telephones.size}`;
  telephone.root.id = id;
  const jump = element("a", "");
  jump.href = `#${id}`;
  telephones.set(view.number, telephone);
  jumps.set(view.number, jump);
  $("phones").append(telephone.root);
  $("jump").append(jump);
  return telephone;
}

function showTelephone(view, line) {
  const telephone = telephones.get(view.number) ?? plugIn(view, line);
  telephone.show(view);
  const jump = jumps.get(view.number);
  jump.textContent = telephone.parts.label.textContent;
  jump.dataset.state = view.state;
}

function show(state) {
  latest = state;
  $("connection").textContent = word("connected");
  $("connection").dataset.state = "good";
  $("lines").textContent = `${word("lines")} ${state.lines.join("、")}`;
  for (const view of state.phones) showTelephone(view, state.lines[0] ?? "");
  ringWhile(state.phones.some((view) => view.state === "ringing"));
  if (state.phones.every((view) => view.state === "idle")) hush();
  showJournal(state);
  showFaults(state.faults);
}

function lost() {
  $("connection").textContent = word("lost");
  $("connection").dataset.state = "bad";
  ringWhile(false);
}

function speakLanguage() {
  translate(document);
  $("language").textContent = word("other");
  clearPanel();
  for (const telephone of telephones.values()) telephone.retranslate();
  if (latest) show(latest);
}

$("language").addEventListener("click", () => {
  switchLanguage();
  speakLanguage();
});
$("forget").addEventListener("click", () => tell("journal", {}, "DELETE"));
$("heal").addEventListener("click", () => tell("faults", {}, "DELETE"));
setInterval(() => {
  for (const telephone of telephones.values()) if (telephone.view) telephone.tick();
}, 1000);
speakLanguage();
follow(show, lost);
