// Agents' alarms: the oldest first, with what a lead does about it by one key.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { sound } from "/static/alarm.js";
import { refresh } from "/floor-static/floor.js";
import { piece } from "/floor-static/rows.js";

const place = document.getElementById("panics");
const steers = "steers" in document.body.dataset;
const SOUNDS_EVERY_MS = 5000;
let drawn = "[]";
let known = [];
let enter = null;

// Whose browser has a voice in talks says how he comes into one.
export function entering(how) { enter = how; }

export function drawPanics(panics) {
  known = panics;
  mark();
  const given = JSON.stringify(panics);
  if (given === drawn) return;
  const news = panics.some((one) => !JSON.parse(drawn).some(({ id }) => id === one.id));
  drawn = given;
  place.hidden = panics.length === 0;
  place.replaceChildren(...panics.map(row));
  if (news) sound();
}

function mark() {
  for (const row of document.querySelectorAll("#seats tr[data-key]")) row.classList.toggle("panics", known.some((one) => String(one.agent) === row.dataset.key));
}

function row(one, nth) {
  const made = piece("p", {}, { escalated: String(one.escalated) });
  made.append(piece("b", { textContent: `▲ ${one.words}` }), ` ${one.number} `, piece("span", { className: "num" }, { since: one.since, plain: "" }), " ");
  if (steers) {
    const barge = button(_("插话"), nth ? "" : "J", () => comes(one));
    barge.disabled = !one.open;
    made.append(barge, " ", button(_("呼叫 110"), nth ? "" : "0", () => police(one)), " ");
  }
  made.append(button(_("接手"), steers && !nth ? "Y" : "", () => act(one, "taken")));
  return made;
}

function button(words, key, does) {
  const made = piece("button", { className: "small", type: "button", textContent: words });
  if (key) made.append(" ", piece("kbd", { textContent: key }));
  made.addEventListener("click", does);
  return made;
}

export function comes(one = known[0]) { if (one?.open && enter) enter(one.call, "barge"); }
export function police(one = known[0]) { if (one) act(one, "police"); }
export function takes(one = known[0]) { if (one) act(one, "taken"); }

async function act(one, what) {
  try {
    await send(`/floor/panics/${one.id}/${what}`);
  } catch (refused) {
    place.append(piece("p", { textContent: refused.message }));
  }
  refresh();
}

// As long as nobody has taken it, it is heard.
setInterval(() => { if (known.length) sound(); }, SOUNDS_EVERY_MS);
