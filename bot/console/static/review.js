// The review by keyboard: a number, s, u or / for what stands beside it. A key that comes before the next message is
// ready waits for it.

let isReady = true;
let waiting = null;

document.body.addEventListener("htmx:beforeRequest", () => (isReady = false));
document.body.addEventListener("htmx:afterSettle", () => {
  isReady = true;
  const key = waiting;
  waiting = null;
  if (key) press(key);
});

// Of messages that mean the same only those that are ticked are labelled or passed over.
document.body.addEventListener("htmx:configRequest", (event) => {
  const boxes = [...document.querySelectorAll("#review [data-message]")];
  if (!boxes.length || event.detail.parameters.message === undefined) return;
  const ticked = boxes.filter((box) => box.checked).map((box) => box.dataset.message);
  if (ticked.length) event.detail.parameters.message = ticked.join(",");
  else {
    event.preventDefault();
    boxes[0].focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  if (!isReady) waiting = event.key;
  else if (press(event.key)) event.preventDefault();
});

function press(key) {
  const button = document.querySelector(`#review [data-key="${CSS.escape(key)}"]`);
  if (key === "/") document.getElementById("other")?.focus();
  else button?.click();
  return key === "/" || button !== null;
}
