// Rows of the floor's tables, and the one that is picked: what is drawn anew keeps it.

export function cells(texts) {
  const row = document.createElement("tr");
  for (const text of texts) row.append(Object.assign(document.createElement("td"), { textContent: text }));
  return row;
}

export function piece(tag, known = {}, data = {}) {
  const made = Object.assign(document.createElement(tag), known);
  Object.assign(made.dataset, data);
  return made;
}

// A table of which one row is picked, by a click or by the arrow keys; ``changed`` is told of it.
export class Picked {
  constructor(body, changed) {
    this.body = body;
    this.changed = changed;
    this.key = null;
    body.addEventListener("click", ({ target }) => { if (!target.closest("a,button")) this.pick(target.closest("tr")); });
    body.addEventListener("focusin", ({ target }) => this.pick(target.closest("tr")));
    body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const rows = [...body.querySelectorAll("tr[data-key]")];
      const next = rows[rows.indexOf(event.target.closest("tr")) + step];
      next?.focus();
    });
  }

  draw(rows) {
    const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.key : null;
    this.body.replaceChildren(...rows);
    if (!rows.some((row) => row.dataset.key === this.key)) this.key = null;
    this.#mark();
    if (focused) this.body.querySelector(`tr[data-key="${focused}"]`)?.focus();
    this.changed();
  }

  pick(row) {
    if (!row?.dataset.key || row.dataset.key === this.key) return;
    this.key = row.dataset.key;
    this.#mark();
    this.changed();
  }

  #mark() {
    const rows = [...this.body.querySelectorAll("tr[data-key]")];
    rows.forEach((row, index) => {
      const mine = row.dataset.key === this.key;
      row.setAttribute("aria-selected", String(mine));
      // One stop for the tab key, at what is picked or at the first.
      row.tabIndex = mine || (this.key === null && index === 0) ? 0 : -1;
    });
  }
}
