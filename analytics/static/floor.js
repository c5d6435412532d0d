// The floor: asks for one consistent snapshot whenever something moved, and lets the clocks run.

import { ask, listen } from "/static/live.js";
import { _ } from "/static/words.js";
import { sound } from "/static/alarm.js";
import { drawLate } from "/floor-static/late.js";
import { drawPanics } from "/floor-static/panics.js";
import { cells } from "/floor-static/rows.js";
import { drawSeats } from "/floor-static/seats.js";

const find = (id) => document.getElementById(id);
const PROMISE_MS = 15000;
const TARGET = 0.9;
const AT_MOST_EVERY_MS = 1000;

const DANGER = { greeted: _("等待"), waiting: _("等待"), connecting: _("接通中"), talking: _("通话中"), rating: _("评价中"), missed: _("未接") };

export let board = null;
let danger = "[]";
let skew = 0;
let asked = 0;
let planned = null;

export async function refresh() {
  clearTimeout(planned);
  const wait = asked + AT_MOST_EVERY_MS - Date.now();
  if (wait > 0) {
    planned = setTimeout(refresh, wait);
    return;
  }
  asked = Date.now();
  board = await ask("/floor/figures");
  skew = Date.parse(board.at) - Date.now();
  draw();
}

function draw() {
  const { lines, seats, emergencies } = board;
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0);
  find("waiting").textContent = sum("waiting");
  find("abandoned").textContent = sum("abandoned");
  find("waiting").classList.toggle("none", sum("waiting") === 0);
  drawShare(find("level"), { in_time: sum("in_time"), answered: sum("answered"), abandoned: sum("abandoned") });
  const on = seats.filter((one) => one.signed_on).length;
  find("ready").textContent = `${seats.filter((one) => one.state === "ready").length} / ${on}`;
  drawDanger(emergencies);
  drawLate(board.escalations, refresh);
  find("lines").replaceChildren(...lines.map(lineRow));
  drawSeats(board);
  drawPanics(board.panics);
  document.dispatchEvent(new CustomEvent("board"));
  tick();
}

// What has not changed is left in place: it would be read out again, and a link lose its focus.
function drawDanger(emergencies) {
  const drawn = JSON.stringify(emergencies);
  if (drawn === danger) return;
  danger = drawn;
  find("emergency").hidden = emergencies.length === 0;
  find("emergency").replaceChildren(...emergencies.map(dangerRow));
}

function dangerRow(one) {
  const row = document.createElement("p");
  const what = Object.assign(document.createElement(one.to ? "a" : "b"), { textContent: one.state === "missed" ? _("紧急未接：%(words)s", one) : _("紧急来电：%(words)s", one) });
  if (one.to) what.href = one.to;
  const state = DANGER[one.state] + (one.agent ? ` ${one.agent}` : "");
  const about = [one.number, state, _("自 %(time)s", { time: timeOfDay(one.since) })].join(" · ");
  row.append(what, " ", Object.assign(document.createElement("span"), { textContent: about }));
  return row;
}

function lineRow(line) {
  const row = cells([line.name, line.waiting, line.oldest ? "" : "—", "", line.answered, line.abandoned, line.seats]);
  const deserted = line.waiting > 0 && line.seats === 0;
  row.className = deserted ? "deserted" : line.waiting ? "busy" : "";
  if (deserted) row.children[0].append(" ", Object.assign(document.createElement("b"), { textContent: _("▲ 有人排队，无座席在线") }));
  if (line.oldest) row.children[2].dataset.since = line.oldest;
  drawShare(row.children[3], line);
  for (const cell of row.children) cell.classList.toggle("none", ["0", "—"].includes(cell.textContent));
  return row;
}

// The same value looks the same in the sums and in the table, says how it was reckoned, and leads to the
// calls that it lacks.
function drawShare(place, { code, in_time, answered, abandoned }) {
  const whole = answered + abandoned;
  const words = whole ? `${Math.round((in_time / whole) * 100)}%` : "—";
  place.title = _("15 秒内接听 %(in_time)s ÷（接听 %(answered)s + 放弃 %(abandoned)s）", { in_time, answered, abandoned });
  place.classList.toggle("late", whole > 0 && in_time / whole < TARGET);
  if (!whole || !board.late) return void (place.textContent = words);
  const link = place.querySelector("a") ?? place.appendChild(document.createElement("a"));
  link.textContent = words;
  link.href = board.late + (code ? `&line=${encodeURIComponent(code)}` : "");
  place.replaceChildren(link);
}

function drawWait(place, ms, promised = true) {
  place.textContent = ms === null ? "—" : lasting(ms);
  place.classList.toggle("late", promised && ms > PROMISE_MS);
}

function tick() {
  if (!board) return;
  const at = Date.now() + skew;
  for (const cell of document.querySelectorAll("[data-since]")) {
    drawWait(cell, at - Date.parse(cell.dataset.since), cell.dataset.plain === undefined);
  }
  const oldest = board.lines.map((line) => line.oldest).filter(Boolean).sort()[0];
  drawWait(find("longest"), oldest ? at - Date.parse(oldest) : null);
  const stale = document.documentElement.dataset.live === "stale";
  const time = timeOfDay(board.at);
  find("fresh").textContent = stale ? _("数据停更于 %(time)s", { time }) : _("更新于 %(time)s", { time });
}

function timeOfDay(moment) { return new Date(moment).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }); }

export function serverTime() { return Date.now() + skew; }

export function lasting(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

document.addEventListener("live:open", refresh);
document.addEventListener("live:floor-moved", refresh);
document.addEventListener("live:panic", () => { sound(); refresh(); });
document.addEventListener("live:assignment-late", refresh);
document.addEventListener("live:emergency", () => { sound(); refresh(); });
listen(document.body.dataset.live, ["floor-moved", "assignment-late", "emergency", "alert", "panic", "monitor-moved"]);
setInterval(tick, 500);
// Seats go out of touch without any event: a look now and then finds them.
setInterval(refresh, 10000);
