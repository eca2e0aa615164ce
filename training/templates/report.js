// Every head of a table becomes a button that sorts by its column; without a script the tables stay as they are.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("n");
      const value = (row) => {
        const text = row.cells[column].textContent.trim();
        if (!isNumber) return text.toLowerCase();
        const number = parseFloat(text.replaceAll(",", ""));
        return Number.isNaN(number) ? -Infinity : number;
      };
      const order = head.ariaSort === (isNumber ? "descending" : "ascending") ? -1 : 1;
      const sign = isNumber ? -order : order;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = sign > 0 ? "ascending" : "descending";
      table.tBodies[0].append(...rows);
    });
  });
}
