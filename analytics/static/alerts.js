// Alerts that are going on: what, since when, and a lead's word that he knows.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { chime } from "/static/alarm.js";
import { refresh } from "/floor-static/floor.js";
import { piece } from "/floor-static/rows.js";

const place = document.getElementById("alerts");
const list = document.getElementById("alert-list");
let drawn = "[]";
const sounded = new Set();

// What has not changed is left in place: it would be read out again, and a button lose its focus.
export function drawAlerts(alerts) {
  for (const one of alerts) ring(one);
  const given = JSON.stringify(alerts);
  if (given === drawn) return;
  drawn = given;
  place.hidden = alerts.length === 0;
  list.replaceChildren(...alerts.map(item));
}

// Once for each; what was muted and is still there after its time is heard again.
function ring(one) {
  if (one.muted) return void sounded.delete(one.id);
  if (one.seen_by || sounded.has(one.id)) return;
  sounded.add(one.id);
  chime();
}

function item(one) {
  const row = piece("li", {}, { kind: one.kind, quiet: String(Boolean(one.seen_by || one.muted)) });
  row.append(piece("b", { textContent: one.words }), " ", piece("span", { className: "num dim" }, { since: one.since, plain: "" }));
  if (one.agent) row.append(button(_("到座席"), () => document.querySelector(`#seats tr[data-key="${one.agent}"]`)?.focus()));
  if (one.seen_by) row.append(piece("span", { className: "dim", textContent: _("%(name)s 已知悉", { name: one.seen_by }) }));
  else row.append(button(_("知悉"), () => act(one, "seen")));
  if (one.muted) row.append(piece("span", { className: "dim", textContent: _("已静音") }));
  else row.append(button(_("静音"), () => act(one, "muted"), _("15 分钟内不再响；到时还在告警会再响一次")));
  return row;
}

function button(words, does, title = "") {
  const made = piece("button", { className: "small", type: "button", textContent: words, title });
  made.addEventListener("click", does);
  return made;
}

async function act(one, what) {
  await send(`/alerts/${one.id}/${what}`);
  refresh();
}
