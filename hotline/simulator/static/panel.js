// Below the telephones: the log, the debugger's errors, the fault switches.
import { tell } from "/static/network.js";
import { element } from "/static/telephone.js";
import { word } from "/static/words.js";

const RESOURCES = ["", "Messages", "Calls", "Recordings"];
const SHARES = new Set(["callbacks_dropped", "webhooks_lost"]);
const LEFT_OUT = new Set(["seed"]);
const time = (at) => new Date(at * 1000).toLocaleTimeString("zh-CN", { hour12: false });
const shortened = (text) => text.replace(/https?:\/\/[^/]+/, "").replace(/\/2010-04-01\/Accounts\/\w+/, "…");

function eventLine(event) {
  const line = element("li", "", event.status >= 400 || event.kind === "dropped" ? "bad" : "");
  const text = element("span", shortened(event.text), "text");
  text.title = event.text;
  line.append(
    element("time", time(event.at)),
    element("span", event.kind, `kind kind-${event.kind}`),
    text,
    element("span", event.status ?? (event.ms === null ? "" : "✕"), "code"),
    element("span", event.ms === null ? "" : `${event.ms.toFixed(0)} ms`, "ms"),
  );
  return line;
}

function errorLine(error) {
  const line = element("li", "");
  line.append(
    element("time", time(error.at)),
    element("strong", String(error.code)),
    element("span", error.message, "text"),
    element("span", shortened(error.url), "code"),
  );
  return line;
}

export function showJournal(state) {
  const events = state.events.toReversed();
  const lines = events.map(eventLine);
  const list = document.getElementById("events");
  list.replaceChildren(...(lines.length ? lines : [element("li", word("quietLog"), "empty")]));
  document.getElementById("problems").hidden = state.errors.length === 0;
  document.getElementById("errors").replaceChildren(...state.errors.toReversed().map(errorLine));
}

const asText = (table) => Object.entries(table).map(([to, code]) => `${to}=${code}`).join(", ");

function asTable(text) {
  const pairs = text.split(/[,，]/).map((pair) => pair.split("="));
  const whole = pairs.filter(([to, code]) => to.trim() && Number.parseInt(code, 10));
  return Object.fromEntries(whole.map(([to, code]) => [to.trim(), Number.parseInt(code, 10)]));
}

function input(name, value) {
  if (name === "rest_resource") {
    const select = document.createElement("select");
    select.append(...RESOURCES.map((resource) => new Option(resource || word("all"), resource)));
    return select;
  }
  const field = document.createElement("input");
  field.type = { boolean: "checkbox", number: "number" }[typeof value] ?? "text";
  if (SHARES.has(name)) field.step = "0.1";
  if (field.type === "number") field.min = name.endsWith("copies") ? "1" : "0";
  if (field.type === "text") field.placeholder = "13800000003=30003";
  return field;
}

const KINDS = {
  checkbox: (field) => field.checked,
  number: (field) => Number(field.value) || 0,
  text: (field) => asTable(field.value),
};

function row(name, value) {
  const label = element("label", "");
  const field = input(name, value);
  field.name = name;
  const read = KINDS[field.type] ?? ((select) => select.value);
  field.addEventListener("change", () => tell("faults", { [name]: read(field) }, "PATCH"));
  label.append(element("span", word(name)), field);
  return label;
}

export function showFaults(faults) {
  const form = document.getElementById("faults");
  const names = Object.keys(faults).filter((name) => !LEFT_OUT.has(name));
  if (form.childElementCount === 0) form.append(...names.map((name) => row(name, faults[name])));
  for (const name of names) {
    const field = form.elements[name];
    if (field === document.activeElement) continue;
    if (field.type === "checkbox") field.checked = faults[name];
    else field.value = field.type === "text" ? asText(faults[name]) : faults[name];
  }
}

export function clearPanel() {
  document.getElementById("faults").replaceChildren();
}
