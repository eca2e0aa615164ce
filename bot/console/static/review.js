// The review by keyboard: a number, s, u or / for what stands beside it.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const button = document.querySelector(`#review [data-key="${CSS.escape(event.key)}"]`);
  if (event.key === "/") document.getElementById("other")?.focus();
  else if (button) button.click();
  else return;
  event.preventDefault();
});
