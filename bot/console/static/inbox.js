// The inbox by keyboard; suggestions and notes in the composer; the transcript kept where it was read.

const byId = (id) => document.getElementById(id);
const transcript = byId("transcript");
let isAtEnd = true; // where what is new is to be seen

if (transcript) {
  const toEnd = () => (transcript.scrollTop = transcript.scrollHeight);
  const found = transcript.querySelector(":target"); // what a search led to
  if (found) {
    isAtEnd = false;
    found.scrollIntoView({ block: "center" });
  } else toEnd();
  transcript.addEventListener("scroll", () => {
    isAtEnd = transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight < 80;
  });
  // Suggestions that come, and a composer that grows, take room from it.
  new ResizeObserver(() => isAtEnd && toEnd()).observe(transcript);
  document.body.addEventListener("htmx:beforeSwap", ({ target }) => {
    if (target !== transcript) return;
    const [wasAtEnd, top] = [isAtEnd, transcript.scrollTop];
    requestAnimationFrame(() => (wasAtEnd ? toEnd() : (transcript.scrollTop = top)));
  });
}

const composer = byId("composer");
if (composer) {
  const text = byId("text");
  composer.addEventListener("change", () => setMode(mode()));
  composer.addEventListener("htmx:configRequest", (event) => {
    if (mode() === "note") event.detail.path = `${byId("case").dataset.case}/note`;
  });
  composer.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target !== composer || !detail.successful) return;
    text.value = "";
    composer.elements.draft.value = "";
    isAtEnd = true;
    setMode("reply");
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) composer.requestSubmit();
    if (event.key === "Escape") text.blur();
  });
}

document.addEventListener("click", ({ target }) => {
  const suggestion = target.closest("[data-suggests]");
  if (suggestion) suggest(suggestion);
  const emptying = target.closest("[data-empties]");
  if (emptying) byId(emptying.dataset.empties).replaceChildren();
});

// Words selected in the message under the glass are those to be marked.
document.addEventListener("selectionchange", () => {
  const [selection, whole] = [getSelection(), byId("marked-text")];
  if (!whole || !selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  if (!whole.contains(range.commonAncestorContainer) || !byId("mark-words")) return;
  const before = document.createRange();
  before.setStart(whole, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const words = range.toString();
  byId("mark-words").value = words.trim();
  // Code points, as the log counts them.
  byId("mark-start").value = [...before.toString()].length + (words.length - words.trimStart().length);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  const act = isGoing ? () => goTo(event.key) : keys[event.key];
  isGoing = event.key === "g" && !isGoing;
  if (!act) return;
  event.preventDefault();
  act();
});

let isGoing = false; // after g, until the next key

const keys = {
  g: () => {},
  j: () => move(1),
  k: () => move(-1),
  r: () => write("reply"),
  n: () => write("note"),
  s: () => press("s"),
  d: () => press("d"),
  x: () => press("x"),
  m: () => byId("mark-words")?.focus(),
  t: () => press("t"),
  b: () => press("b"),
  e: () => press("e"),
  1: () => suggestNumber(0),
  2: () => suggestNumber(1),
  3: () => suggestNumber(2),
  "/": () => byId("search").focus(),
  "?": () => byId("keys").showModal(),
};

function goTo(place) {
  document.querySelector(`[data-saved="${CSS.escape(place)}"]`)?.click();
}

function move(step) {
  const rows = [...document.querySelectorAll("#rows .row")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = rows[Math.min(rows.length - 1, Math.max(0, from + step))];
  if (next) next.focus();
}

function mode() {
  return composer.elements.mode.value;
}

function setMode(name) {
  composer.elements.mode.value = name;
  composer.classList.toggle("noting", name === "note");
  composer.action = `${byId("case").dataset.case}/${name}`;
  byId("text").placeholder = byId("text").dataset[name];
}

function write(name) {
  if (!composer) return;
  setMode(name);
  byId("text").focus();
}

function press(key) {
  const button = document.querySelector(`[data-key="${key}"]`);
  if (button) button.click();
}

function suggest(button) {
  write("reply");
  byId("text").value = button.dataset.suggests;
  composer.elements.draft.value = button.dataset.draft || "";
}

function suggestNumber(index) {
  const button = document.querySelectorAll(".suggestion")[index];
  if (button) suggest(button);
}
