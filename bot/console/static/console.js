// What the pages can't do by themselves: dialogs, passwords shown, links copied, toasts that go.

const SHOWN_MS = 6000;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { opens, closes, reveals, copies } = button.dataset;
  if (opens) document.getElementById(opens).showModal();
  if (closes) document.getElementById(closes).close();
  if (reveals) reveal(button, document.getElementById(reveals));
  if (copies) copy(button, document.getElementById(copies));
  if ("dismiss" in button.dataset) button.closest(".toast").remove();
});

document.addEventListener("htmx:responseError", fail);
document.addEventListener("htmx:sendError", fail);
document.addEventListener("htmx:load", (event) => prepare(event.target));

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) addedNodes.forEach(leaveLater);
}).observe(document.getElementById("toasts"), { childList: true });
document.querySelectorAll(".toast").forEach(leaveLater);
prepare(document);
// On a phone the menu may be wider than the page.
const [rail, here] = [document.querySelector(".rail"), document.querySelector(".rail [aria-current]")];
if (here) rail.scrollLeft = here.offsetLeft - (rail.clientWidth - here.offsetWidth) / 2;

// Buttons that need this script are hidden without it.
function prepare(part) {
  part.querySelectorAll("[data-reveals], [data-copies]").forEach((button) => (button.hidden = false));
}

function reveal(button, input) {
  const isShown = input.type === "text";
  input.type = isShown ? "password" : "text";
  [button.textContent, button.dataset.hide] = [button.dataset.hide, button.textContent];
  input.focus();
}

async function copy(button, input) {
  input.select();
  // Browsers have a clipboard only on https and localhost.
  if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
  else document.execCommand("copy");
  button.querySelector("span").textContent = button.dataset.done;
}

function fail({ detail: { xhr } }) {
  // Why something can't be done now is said in the answer itself.
  toast(xhr?.status === 409 ? xhr.responseText : document.body.dataset.failed, "bad");
}

export function toast(text, kind = "good") {
  const item = document.createElement("div");
  item.className = `toast ${kind}`;
  item.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.getElementById("toasts").append(item);
}

function leaveLater(item) {
  // What went wrong stays until it was read.
  if (item.nodeType === Node.ELEMENT_NODE && !item.matches(".bad")) setTimeout(() => item.remove(), SHOWN_MS);
}
