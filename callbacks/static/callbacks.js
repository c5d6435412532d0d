// Callbacks as they are now: the page is asked for anew when something moved, and its upper part drawn.

import { listen } from "/static/live.js";

const AT_MOST_EVERY_MS = 1000;
let asked = 0;
let planned = null;

// A reason that is being typed is left in peace; what has moved is drawn once it is done with.
function typing() { return document.querySelector("#now details[open]") !== null; }

async function refresh() {
  clearTimeout(planned);
  const wait = asked + AT_MOST_EVERY_MS - Date.now();
  if (wait > 0 || typing()) return void (planned = setTimeout(refresh, Math.max(wait, AT_MOST_EVERY_MS)));
  asked = Date.now();
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("now");
  if (next && !typing()) document.getElementById("now").replaceWith(next);
}

for (const name of ["open", "callbacks-moved"]) document.addEventListener(`live:${name}`, refresh);
listen(document.body.dataset.live, ["callbacks-moved"]);

// Rows are drawn anew under the keys: the chosen one is known by its place.
let chosen = -1;

function choose(nth) {
  const rows = [...document.querySelectorAll("#open tbody tr")];
  if (!rows.length) return;
  chosen = Math.max(0, Math.min(rows.length - 1, nth));
  rows.forEach((row) => row.removeAttribute("aria-selected"));
  rows[chosen].setAttribute("aria-selected", "true");
  rows[chosen].scrollIntoView({ block: "nearest" });
}

function open() {
  const reason = document.querySelector("#open tr[aria-selected] details");
  if (!reason) return;
  reason.open = true;
  reason.querySelector("input[name=because]").focus();
}

const KEYS = { j: () => choose(chosen + 1), k: () => choose(chosen - 1), Enter: open };

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") document.querySelectorAll("#now details[open]").forEach((one) => { one.open = false; });
  if (event.target.closest("input,select,button,a,summary") || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
