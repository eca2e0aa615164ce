// Kept texts put into the reply: by the key c, the button, or "/" and the shortcut at the beginning of a reply.

const picker = document.getElementById("picker");
const text = document.getElementById("text");
const opener = document.querySelector("[data-opens-picker]");

if (picker && text) {
  opener.hidden = false;
  opener.addEventListener("click", () => (picker.hidden ? open() : close()));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "c") {
      event.preventDefault();
      open();
    }
  });
  text.addEventListener("input", () => {
    const shortcut = text.value.match(/^\/([a-z0-9_-]*)$/i);
    if (shortcut) open(shortcut[1].toLowerCase());
    else close();
  });
  text.addEventListener("keydown", (event) => {
    if (picker.hidden) return;
    const first = shown()[0];
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && first) first.focus();
    else if (event.key === "Enter" && !event.ctrlKey && text.value.startsWith("/") && first) put(first);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  picker.addEventListener("keydown", (event) => {
    const at = shown().indexOf(document.activeElement);
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") shown()[at + 1]?.focus();
    else if (event.key === "ArrowUp") (shown()[at - 1] || text).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  picker.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-puts]");
    if (button) put(button);
  });
}

function buttons() {
  return [...picker.querySelectorAll("[data-puts]")];
}

function shown() {
  return buttons().filter((button) => !button.parentElement.hidden);
}

function open(start = "") {
  picker.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  for (const button of buttons()) button.parentElement.hidden = !button.dataset.short.startsWith(start);
  if (document.activeElement !== text) shown()[0]?.focus();
}

function close() {
  picker.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  if (picker.contains(document.activeElement)) text.focus();
}

function put(button) {
  const before = text.value.startsWith("/") ? "" : text.value;
  text.value = before + (before && !before.endsWith(" ") ? " " : "") + button.dataset.puts;
  picker.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  text.focus();
  // What isn't known is to be seen first.
  const hole = text.value.match(/\{[a-z][a-z0-9_]*\}/);
  if (hole) text.setSelectionRange(hole.index, hole.index + hole[0].length);
}
