// Variants are moved, taken out and added; a form is saved with Ctrl+Enter, and not left by accident.

const form = document.getElementById("answer-form");
let isChanged = false;

document.querySelectorAll("[data-variants]").forEach(arrange);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-moves]");
  if (!button) return;
  const item = button.closest(".variant");
  const list = item.parentElement;
  if (button.dataset.moves === "up" && item.previousElementSibling) item.previousElementSibling.before(item);
  if (button.dataset.moves === "down" && item.nextElementSibling) item.nextElementSibling.after(item);
  if (button.dataset.moves === "out") {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    next?.querySelector("textarea").focus();
  } else {
    button.focus();
  }
  arrange(list);
  form.dispatchEvent(new Event("input", { bubbles: true }));
});

form?.addEventListener("input", (event) => {
  isChanged = true;
  const list = event.target.closest?.("[data-variants]");
  if (list) arrange(list);
});
form?.addEventListener("submit", () => (isChanged = false));

window.addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form?.contains(event.target)) form.requestSubmit();
  const search = document.getElementById("search");
  if (event.key === "/" && !isTyping && search) {
    event.preventDefault();
    search.focus();
  }
});

// The last field is always an empty one, to be written into; it has no place to be moved to.
function arrange(list) {
  const last = list.lastElementChild;
  if (!last || last.querySelector("textarea").value.trim()) {
    const next = (last ?? list).cloneNode(true);
    next.querySelector("textarea").value = "";
    list.append(next);
  }
  const items = [...list.children];
  items.forEach((item, place) => {
    const isLast = place === items.length - 1;
    const area = item.querySelector("textarea");
    area.setAttribute("aria-label", area.getAttribute("aria-label").replace(/\d+/, place + 1));
    item.classList.toggle("next", isLast);
    item.querySelectorAll("[data-moves]").forEach((button) => {
      const { moves } = button.dataset;
      button.hidden = isLast;
      button.disabled = (moves === "up" && place === 0) || (moves === "down" && place >= items.length - 2);
    });
  });
}
