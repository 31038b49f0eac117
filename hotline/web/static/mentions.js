// Colleagues' names while one types @ in a note: a list below the field, chosen by arrow keys and Enter or by
// a click. Without it the name is simply typed; the server looks for known names.

const MOST = 6;

function listOf(place) {
  const list = document.createElement("ul");
  list.setAttribute("role", "listbox");
  list.id = "mention-list";
  list.hidden = true;
  place.append(list);
  return list;
}

function offer(place) {
  const field = place.querySelector("textarea");
  const names = JSON.parse(place.dataset.mentions);
  const list = listOf(place);
  let chosen = 0;

  const typed = () => /@([^\s@]*)$/.exec(field.value.slice(0, field.selectionStart));

  function close() {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    chosen = (index + list.children.length) % list.children.length;
    for (const [place, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(place === chosen));
    field.setAttribute("aria-activedescendant", list.children[chosen].id);
  }

  function take(name) {
    const start = field.selectionStart - typed()[1].length;
    field.setRangeText(`${name} `, start, field.selectionStart, "end");
    close();
    field.focus();
  }

  function show() {
    const begun = typed();
    const found = begun ? names.filter((name) => name.startsWith(begun[1]) && name !== begun[1]).slice(0, MOST) : [];
    if (!found.length) return close();
    list.replaceChildren(...found.map((name, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `mention-${index}`;
      item.textContent = name;
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(name); });
      return item;
    }));
    list.hidden = false;
    mark(0);
  }

  function key(event) {
    if (list.hidden || event.isComposing) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) mark(chosen + move);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.addEventListener("input", show);
  field.addEventListener("keydown", key);
  field.addEventListener("blur", close);
}

for (const place of document.querySelectorAll("[data-mentions]")) offer(place);
