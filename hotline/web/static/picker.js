// A field with a list below it that the server finds as one types: an ARIA combobox (APG, "list autocomplete with
// manual selection"). What is typed without choosing stays, and the server says whether it is one place.

const WAIT_MS = 120;

class Picker {
  constructor(field) {
    this.field = field;
    this.list = document.getElementById(field.getAttribute("aria-controls"));
    this.asked = 0;
    field.addEventListener("input", () => this.later());
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
    // Before the field loses its focus, which would close the list.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.choose(event.target.closest("[data-path]"));
    });
  }

  get options() { return [...this.list.querySelectorAll("[data-path]")]; }
  get isOpen() { return !this.list.hidden; }
  get active() { return this.list.querySelector("[aria-selected=true]"); }

  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.find(), WAIT_MS);
  }

  async find() {
    const text = this.field.value.trim();
    const turn = ++this.asked;
    if (!text) return this.close();
    // Posted: what is typed may be an address, and this one's would stand in a proxy's log.
    const asked = { method: "POST", body: new URLSearchParams({ text }), headers: JSON.parse(document.body.getAttribute("hx-headers")) };
    const answer = await fetch(this.field.dataset.optionsUrl, asked).catch(() => null);
    if (!answer?.ok || answer.redirected || turn !== this.asked) return;
    this.list.innerHTML = await answer.text();
    if (turn === this.asked && document.activeElement === this.field) this.open();
  }

  open() {
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
  }

  close() {
    clearTimeout(this.waiting);
    this.asked += 1;
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  move(by) {
    const { options } = this;
    if (!options.length) return;
    const at = options.indexOf(this.active);
    const next = options[(at + by + options.length + (at < 0 && by < 0 ? 1 : 0)) % options.length];
    this.active?.setAttribute("aria-selected", "false");
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", next.id);
  }

  choose(option) {
    if (!option) return;
    this.field.value = option.dataset.path;
    this.close();
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" && !this.isOpen) return this.find();
    if (!this.isOpen) return;
    const deed = {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Enter: () => this.choose(this.active ?? this.options[0]),
      Escape: () => this.close(),
    }[event.key];
    if (!deed) return;
    event.preventDefault();
    event.stopPropagation();
    deed();
  }
}

for (const field of document.querySelectorAll("[role=combobox][data-options-url]")) new Picker(field);
