// Leads hear of danger on whatever page they are; the floor tells of it in its own, larger way.

import { ask, listen } from "/static/live.js";
import { sound } from "/static/alarm.js";
import { _ } from "/static/words.js";

const LOOK_AGAIN_MS = 10000;
const place = document.getElementById("danger");
let again = null;

async function look() {
  clearTimeout(again);
  try {
    show(await ask(place.dataset.ask));
  } catch {
    again = setTimeout(look, LOOK_AGAIN_MS);
  }
}

function show(found) {
  place.hidden = found.length === 0;
  place.textContent = place.title = found.length ? _("▲ 紧急来电：%(words)s", { words: found.join("；") }) : "";
  // When a call is over nobody rings a bell.
  if (found.length) again = setTimeout(look, LOOK_AGAIN_MS);
}

document.addEventListener("live:open", look);
document.addEventListener("live:emergency", () => { sound(); look(); });
// A page with a stream of its own hears of danger by that one.
if (!document.body.dataset.live) listen(place.dataset.live, ["emergency"]);
