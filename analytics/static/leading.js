// What a lead does on the floor: keys and buttons for the seat or the caller that is picked.

import { drawAlerts } from "/floor-static/alerts.js";
import { drawCallers, waits } from "/floor-static/callers.js";
import { dialog, drawLent } from "/floor-static/dialogs.js";
import { board, refresh } from "/floor-static/floor.js";
import * as monitor from "/floor-static/monitor.js";
import * as panics from "/floor-static/panics.js";
import { piece } from "/floor-static/rows.js";
import { picked, seatOf } from "/floor-static/seats.js";
import { send } from "/static/live.js";
import { _ } from "/static/words.js";

const find = (id) => document.getElementById(id);
const KEYS = { l: () => enter("listen"), w: () => enter("whisper"), b: () => enter("barge"), t: monitor.takeOver, Escape: monitor.leave, s: () => open("put"), k: () => open("reskill"), r: () => open("release"), p: () => place("prefer"), m: () => place("move"), a: announce, j: () => panics.comes(), 0: () => panics.police(), y: () => panics.takes(), "/": () => find("seat-filter").focus(), "?": () => find("floor-keys").showModal() };

function talk() { return picked.key === null ? null : board?.talks[picked.key] ?? null; }

// Without a seat that is picked the keys mean the talk in which he is; a seat that is picked and has no
// talk to be heard means none.
function enter(mode) {
  const call = picked.key === null ? monitor.call() : talk()?.open ? talk().call : null;
  if (call) monitor.enter(call, mode);
}

function open(name) {
  const seat = picked.key === null ? null : seatOf(picked.key);
  if (!seat) return;
  if (name === "reskill") drawLent(board.reskills.filter((one) => one.agent === seat.agent));
  dialog(name, `${seat.name} ${seat.number}`, { agent: seat.agent });
}

function place(name) {
  const caller = waits();
  if (caller) dialog(name, `${caller.number} ${caller.line_name}`, { call: caller.call }, { line: caller.line });
}

function announce() { dialog("announce", "", {}); }

function draw() {
  drawCallers(board.callers);
  drawAlerts(board.alerts);
  find("announced").replaceChildren(...board.announcements.map(announced));
  drawActs();
}

function announced(one) {
  const button = piece("button", { className: "small", type: "button", textContent: _("停止公告：%(line)s", { line: one.line_name }), title: one.words });
  button.addEventListener("click", async () => {
    await send(`/floor/announcements/${one.id}/end`);
    refresh();
  });
  return button;
}

function drawActs() {
  for (const one of document.querySelectorAll("[data-enter]")) one.disabled = !talk()?.open;
  for (const one of document.querySelectorAll("[data-open]")) one.disabled = picked.key === null;
  for (const id of ["prefer", "move"]) find(id).disabled = !waits();
}

for (const one of document.querySelectorAll("[data-enter]")) one.addEventListener("click", () => enter(one.dataset.enter));
for (const one of document.querySelectorAll("[data-open]")) one.addEventListener("click", () => open(one.dataset.open));
for (const id of ["prefer", "move"]) find(id).addEventListener("click", () => place(id));
find("announce").addEventListener("click", announce);
document.addEventListener("board", draw);
document.addEventListener("picked", drawActs);
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || event.repeat) return;
  event.preventDefault();
  act();
});
panics.entering(monitor.enter);
if (board) draw();
