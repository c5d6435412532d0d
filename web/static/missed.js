// How many wait to be rung back, in the bar above: it moves on every page that listens to live events.

import { ask } from "/static/live.js";

const AT_MOST_EVERY_MS = 1000;
const entry = document.querySelector("nav a[data-missed]");
let asked = 0;
let planned = null;

async function look() {
  clearTimeout(planned);
  const wait = asked + AT_MOST_EVERY_MS - Date.now();
  if (wait > 0) return void (planned = setTimeout(look, wait));
  asked = Date.now();
  // Who cannot be asked now is asked after the next event, or when the stream is back.
  const told = await ask(entry.dataset.missed).catch(() => null);
  if (told) show(told);
}

function show({ count, title }) {
  const place = entry.querySelector(".count") ?? Object.assign(document.createElement("b"), { className: "count" });
  Object.assign(place, { textContent: count, title });
  if (!count) place.remove();
  else if (!place.isConnected) entry.append(" ", place);
}

document.addEventListener("live:open", look);
document.addEventListener("live:missed-moved", look);
