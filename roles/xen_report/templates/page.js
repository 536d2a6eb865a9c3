"use strict";
// Tables that can be sorted by a click on a column's head. Without this script they stay as they are.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => (down ? -1 : 1) * difference(key(a, column), key(b, column)));
      table.tBodies[0].append(...rows);
    });
  });
  function difference(a, b) {
    const numbers = [Number(a), Number(b)];
    return numbers.some(Number.isNaN) ? compare(a, b) : numbers[0] - numbers[1];
  }
}
