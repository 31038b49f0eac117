// The report's form while it is filled in: a suggestion is adopted by a click, what an identity number says goes
// into fields that are still empty, faults are tied to their fields, Ctrl+Enter saves. The rules are the server's.

const body = document.body;
const form = document.getElementById("classification");
let filledFrom = "";

const field = (name) => form.elements[name];
const told = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

// --- The suggestion. ---

body.addEventListener("click", ({ target }) => {
  const urgency = target.closest("[data-adopt]")?.dataset.adopt;
  const choice = urgency && form.querySelector(`[name=urgency][value=${urgency}]`);
  if (!choice) return;
  choice.checked = true;
  choice.focus();
  told(choice);
});

// --- Ctrl+Enter. ---

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (document.querySelector(".modal.show") || !form.contains(document.activeElement)) return;
  event.preventDefault();
  form.requestSubmit(document.getElementById("save"));
});

// --- What a check brings. ---

function fill() {
  const { born, sex } = document.getElementById("identity").dataset;
  if (!born || filledFrom === born + sex) return;
  filledFrom = born + sex;
  if (!field("child_born").value) {
    field("child_born").value = born;
    told(field("child_born"));
  }
  if (!field("child_sex").value) {
    field("child_sex").value = sex;
    told(form.querySelector(`[name=child_sex][value=${sex}]`));
  }
}

function mark() {
  for (const fault of form.querySelectorAll(".fault")) {
    const control = form.querySelector(`[aria-describedby="${fault.id}"]`);
    // Somebody who is still choosing from a list has made no mistake yet.
    const wrong = fault.hasChildNodes() && control?.getAttribute("aria-expanded") !== "true";
    control?.classList.toggle("is-invalid", wrong);
    control?.setAttribute("aria-invalid", wrong);
  }
}

// Questions that come in place of others take along what was typed meanwhile.
function keepTyped(old, fresh) {
  for (const control of old.querySelectorAll("input:not([type=hidden]), select")) {
    const next = fresh.querySelector(`#${control.id}`);
    if (!next) continue;
    if (control.type === "radio") next.checked = control.checked;
    else next.value = control.value;
  }
}

body.addEventListener("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  if (target.id === "questions") keepTyped(target, fragment);
});

body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!detail.requestConfig?.path.endsWith("/check")) return;
  fill();
  mark();
});

document.getElementById("faults-summary")?.focus();
