// The review of proposed intents by keyboard: each key presses what bears it, or puts the cursor where it says.

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("textarea")?.form.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") event.target.blur();
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open]")) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  if (press(event.key)) event.preventDefault();
});

function press(key) {
  const name = CSS.escape(key);
  const field = document.querySelector(`[data-focus="${name}"]`);
  const button = document.querySelector(`[data-key="${name}"]`);
  if (key === "?") document.getElementById("keys")?.showModal();
  else if (field) field.select();
  else button?.click();
  if (key === "e") button?.parentElement.querySelector("textarea")?.focus();
  return key === "?" || Boolean(field ?? button);
}
