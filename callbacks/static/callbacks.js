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
