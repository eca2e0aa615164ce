// The menu: a button that opens a list; arrows move, Escape closes, a choice is handed on.

export class Menu {
  constructor(button, list, onChoice) {
    this.button = button;
    this.list = list;
    this.items = [...list.querySelectorAll("[role=menuitem]")];
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.open();
    });
    list.addEventListener("keydown", (event) => this.move(event));
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=menuitem]");
      if (!item) return;
      this.close();
      onChoice(item.dataset.command);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!list.contains(event.target) && !button.contains(event.target)) this.hide();
    });
    list.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !list.contains(event.relatedTarget)) this.hide();
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  open() {
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.shown()[0].focus();
  }

  close() {
    this.hide();
    this.button.focus();
  }

  hide() {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  move(event) {
    const items = this.shown();
    const at = items.indexOf(document.activeElement);
    const to = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[to].focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  shown() {
    return this.items.filter((item) => !item.hidden);
  }
}
