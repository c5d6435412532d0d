// Lists without a mouse: "/" searches, j and k walk the rows, Enter opens the one that is chosen,
// x ticks it.

const search = document.querySelector("[data-search]");
const rows = [...document.querySelectorAll("table[data-list] tbody tr")];
let chosen = -1;

function choose(nth) {
  if (!rows.length) return;
  rows[chosen]?.removeAttribute("aria-selected");
  chosen = Math.max(0, Math.min(rows.length - 1, nth));
  rows[chosen].setAttribute("aria-selected", "true");
  rows[chosen].scrollIntoView({ block: "nearest" });
}

const KEYS = {
  "/": () => search?.focus(),
  j: () => choose(chosen + 1),
  k: () => choose(chosen - 1),
  x: () => rows[chosen]?.querySelector("input[type=checkbox]")?.click(),
  Enter: () => rows[chosen]?.querySelector("a")?.click(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input,select,textarea,button,a,audio,summary");
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === search) search.blur();
  if (typing || !KEYS[event.key]) return;
  if (!search && !rows.length) return;
  event.preventDefault();
  KEYS[event.key]();
});
