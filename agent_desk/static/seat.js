// The seat: what the agent does, what he chose, what he will be afterwards.

import { _ } from "/static/words.js";
import { find, lasting, left } from "./pieces.js";
import { act, drawing, picture, refresh, serverTime } from "./picture.js";
import { notice } from "./notices.js";
import { usable } from "./voice.js";
import { checkFirst } from "./check.js";

const ACTIVITIES = { ringing: _("振铃"), connecting: _("接通中"), talking: _("通话中"), wrap_up: _("话后整理") };
// Whom he rings has not answered yet.
export const CALLING = _("正在呼叫…");
// He has answered, and hears a notice first: nobody hears the agent yet.
const NOTICE = _("对方已接听，正在听录音提示…");
// He hears music, and nobody hears him.
const HELD = _("保持中");
const CONSULTING = _("咨询中"), THREE = _("三方通话");
const WISHES = { ready: _("示闲"), break: _("小休"), offline: _("离线") };
const REASONS = { recovery: _("情绪休整"), meal: _("用餐"), training: _("培训"), meeting: _("会议"), device: _("设备故障"), missed: _("两次未接"), lead: _("班长安排") };
const NOT_YET = _("语音就绪后才能示闲，请看左侧“设备”");

export function calls(call) { return call?.status === "connecting" && (call.direction === "out" || call.rings); }

export function heard(call) { return !call?.notice_until || serverTime() >= Date.parse(call.notice_until); }

// What the seat does, in a word.
export function doing({ seat, call, consult }) {
  if (calls(call)) return CALLING;
  if (consult && consult.state === "joined" && consult.mode !== "swapped") return consult.mode === "three_way" ? THREE : CONSULTING;
  if (call?.held_since && seat.activity === "talking") return HELD;
  return seat.activity === "talking" && !heard(call) ? NOTICE : ACTIVITIES[seat.activity];
}

drawing(({ seat, call, consult, lost, danger_waits: danger }) => {
  // In a talk the call bar has no room to spare; who waits is told above it.
  find("danger-waits-too").textContent = danger && seat.activity === "talking" ? _("一个紧急来电正在等待") : "";
  find("danger-waits").textContent = !danger || seat.activity === "talking" ? "" : seat.activity === "wrap_up" ? _("一个紧急来电正在等待，整理完即可接听") : _("一个紧急来电正在等待，示闲即可接听");
  const idle = seat.activity === "idle";
  // Whoever was cut off from his citizen has nothing to wrap up yet.
  const broken = Boolean(lost) && seat.activity === "wrap_up";
  find("seat").dataset.state = broken ? "lost" : idle ? seat.desired : seat.activity;
  find("seat").textContent = broken ? _("通话中断") : idle ? chosen(seat) : doing({ seat, call, consult });
  find("break-none").textContent = seat.desired === "break" ? chosen(seat) : _("小休…");
  find("after").textContent = idle || seat.desired === "ready" ? "" : _("之后：%(state)s", { state: chosen(seat) });
  find("put").textContent = seat.put_by ? _("班长%(name)s：%(why)s", { name: seat.put_by, why: seat.put_reason }) : "";
  for (const wish of Object.keys(WISHES)) drawWish(find(wish), seat.desired === wish);
  drawReady();
  tick();
});
document.addEventListener("voice", drawReady);
// A seat that rests after missed calls, talks or wraps up is told who waits; whoever is ready is rung.
document.addEventListener("live:danger-moved", () => { if (picture?.seat.reason === "missed" || ["talking", "wrap_up"].includes(picture?.seat.activity)) refresh(); });

function drawWish(place, mine) {
  place.dataset.chosen = String(mine);
  if (place.matches("button")) place.setAttribute("aria-pressed", String(mine));
}

function chosen({ desired, reason }) {
  const why = desired === "break" && reason !== "rest" ? REASONS[reason] : null;
  return why ? `${WISHES.break} · ${why}` : WISHES[desired];
}

// A seat that is ready is rung: without voice it could only miss its callers.
function drawReady() {
  find("ready").disabled = !answers() || picture?.seat.desired === "ready";
  find("ready").title = answers() ? "Alt+1" : NOT_YET;
}

function answers() { return usable() || Boolean(picture?.seat.telephone); }

export function becomeReady() {
  if (!answers()) return notice(NOT_YET);
  if (picture?.seat.telephone) return act("/desk/choose", { desired: "ready" });
  if (picture?.seat.desired !== "ready") checkFirst(() => act("/desk/choose", { desired: "ready" }));
}

function tick() {
  if (!picture) return;
  const { seat, call, consult, lost } = picture;
  if (call && seat.activity === "talking") find("seat").textContent = doing({ seat, call, consult });
  find("since").textContent = seat.activity === "wrap_up" && !lost ? _("%(seconds)s 秒", { seconds: left(Date.parse(seat.wrap_up_until) - serverTime()) }) : lasting(serverTime() - Date.parse(seat.since));
}

find("ready").addEventListener("click", becomeReady);
find("offline").addEventListener("click", () => act("/desk/choose", { desired: "offline" }));
find("break").addEventListener("change", ({ target }) => {
  if (target.value) act("/desk/choose", { desired: "break", reason: target.value });
  target.value = "";
});
setInterval(tick, 500);
