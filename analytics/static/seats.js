// Every seat: what it does and how long, whose talk it has, and which lead is in it.

import { _ } from "/static/words.js";
import { cells, Picked, piece } from "/floor-static/rows.js";

const STATES = { ready: _("示闲"), break: _("小休"), offline: _("离线"), ringing: _("振铃"), connecting: _("接通中"), talking: _("通话中"), wrap_up: _("整理"), lost: _("失联") };
const REASONS = { rest: _("小休"), recovery: _("情绪休整"), meal: _("用餐"), training: _("培训"), meeting: _("会议"), missed: _("两次未接"), lead: _("班长安排"), device: _("设备故障") };
const MODES = { listen: _("旁听"), whisper: _("密语"), barge: _("插话") };
const find = (id) => document.getElementById(id);
const steers = "steers" in document.body.dataset;
let last = null;

export const picked = new Picked(find("seats"), () => document.dispatchEvent(new CustomEvent("picked")));

export function seatOf(agent) { return last?.seats.find((one) => String(one.agent) === String(agent)); }

export function drawSeats(board) {
  last = board;
  const on = board.seats.filter((one) => one.signed_on).length;
  find("seat-count").textContent = board.seats.length ? _("在线 %(on)s 人，共 %(all)s 人", { on, all: board.seats.length }) : "";
  const wanted = find("seat-filter")?.value.trim().toLowerCase() ?? "";
  const shown = board.seats.filter((one) => `${one.number} ${one.name} ${STATES[one.state]}`.toLowerCase().includes(wanted));
  picked.draw(shown.length ? shown.map(row) : [nobody(board.seats.length)]);
}

function row(seat) {
  const made = cells(steers ? [seat.number, seat.name, "", "", ""] : [seat.number, seat.name, "", ""]);
  made.dataset.key = seat.agent;
  const why = seat.reason ? ` · ${REASONS[seat.reason] ?? seat.reason}` : "";
  made.children[2].append(piece("span", { className: "badge", textContent: STATES[seat.state] + why }, { state: seat.state }));
  if (seat.put) made.children[2].append(" ", piece("small", { className: "dim", textContent: _("班长：%(why)s", { why: seat.put }) }));
  if (steers) drawTalk(made.children[3], seat);
  if (seat.since) made.lastChild.dataset.since = seat.since;
  made.lastChild.dataset.plain = "";
  return made;
}

function drawTalk(place, seat) {
  const talk = last.talks[seat.agent];
  if (talk) {
    if (talk.emergency) place.append(piece("b", { className: "late", textContent: _("紧急") }), " ");
    place.append(piece("a", { href: talk.to, textContent: talk.number, tabIndex: -1 }), ` ${talk.line}`);
    if (talk.held) place.append(" ", piece("span", { className: "dim", textContent: _("保持中") }));
    for (const lead of talk.leads) place.append(" ", piece("span", { className: "badge", textContent: `${MODES[lead.mode]} ${lead.name}${lead.unseen ? _("（不显示）") : ""}` }, { state: lead.mode === "barge" ? "talking" : "wait" }));
  }
  for (const lent of last.reskills.filter((one) => one.agent === seat.agent)) place.append(" ", piece("span", { className: "badge", title: `${lent.by}${_("：")}${lent.reason}`, textContent: lent.level ? `${lent.line_name} ${lent.level}` : _("暂不接%(line)s", { line: lent.line_name }) }));
}

function nobody(all) {
  const made = cells([all ? _("没有符合的座席") : _("当前没有座席在线：座席登录并打开座席桌面后会出现在这里")]);
  made.firstChild.colSpan = steers ? 5 : 4;
  made.firstChild.className = "empty";
  return made;
}

find("seat-filter")?.addEventListener("input", () => { if (last) drawSeats(last); });
