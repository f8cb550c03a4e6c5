// Suggestions below a search field while one types. An enhancement: the form works without it.
// A combobox as the ARIA practices describe it: arrows choose, Enter goes, Escape closes.
"use strict";

for (const input of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("ul");
  list.id = `${input.id}-suggestions`;
  list.className = "suggestions";
  list.role = "listbox";
  list.hidden = true;
  list.setAttribute("aria-label", input.dataset.suggestions);
  input.after(list);
  input.autocomplete = "off";
  input.role = "combobox";
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  let chosen = -1;
  let waiting = 0;
  let turn = 0;

  const show = (shown) => {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) choose(-1);
  };
  const choose = (number) => {
    const options = [...list.children];
    chosen = options.length && number >= 0 ? number % options.length : -1;
    options.forEach((one, place) => one.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options[chosen].id);
  };
  const option = (found, place) => {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.role = "option";
    item.setAttribute("aria-selected", "false");
    const text = document.createElement("b");
    text.textContent = found.text;
    const kind = document.createElement("span");
    kind.textContent = found.kind;
    item.append(text, kind);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      location.assign(found.address);
    });
    item.go = () => location.assign(found.address);
    return item;
  };
  const ask = async () => {
    const mine = ++turn;
    const typed = input.value.trim();
    if (!typed) return show(false);
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`);
      const told = answer.ok ? (await answer.json()).suggestions : [];
      if (mine !== turn) return;
      list.replaceChildren(...told.map(option));
      show(told.length > 0);
    } catch {
      show(false); // without the network one still searches by Enter
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? list.children.length - 1 : chosen - 1);
    else if (event.key === "Escape") show(false);
    else if (event.key === "Enter" && chosen >= 0) list.children[chosen].go();
    else return;
    event.preventDefault();
  });
}
