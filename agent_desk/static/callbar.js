// The call in hand: always in the same place, with what can be done about it.

import { _ } from "/static/words.js";
import { find, lasting, left } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";
import { notice } from "./notices.js";
import { accept } from "./offer.js";
import { confirming, mayTakeBack, takeBack } from "./returning.js";
import { calls, doing, heard } from "./seat.js";
import { asks } from "./talk.js";
import { phone } from "./voice.js";

const QUALITY = { reconnecting: _("语音中断，双方暂时听不到，正在恢复：请不要关闭页面，并检查网络"), "constant-audio-input-level": _("麦克风没有声音") };
const DIRECTIONS = { out: _("外呼"), back: _("回呼") };
const UNSTABLE = _("网络不稳，声音可能断续");
const troubles = new Set();
// The call that this agent gave up himself while he was being connected.
let givenUp = null;

drawing(({ call, seat, consult }) => {
  const talking = seat.activity === "talking" || seat.activity === "connecting";
  find("callbar").dataset.danger = call?.emergency ? "now" : "";
  find("callbar").dataset.rest = call || seat.desired !== "break" ? "" : seat.reason ?? "";
  find("call-state").dataset.state = call ? (call.held_since && !consult ? "held" : seat.activity) : "";
  find("call-state").textContent = call ? doing({ seat, call, consult }) : _("无通话");
  find("call-who").textContent = call ? [DIRECTIONS[call.direction] ?? "", call.number, call.name, call.language === "en" ? "English" : ""].filter(Boolean).join(" · ") : "";
  find("call-line").textContent = call ? call.line ?? "" : waitsFor(seat);
  find("call-danger").textContent = call?.emergency ? _("紧急：%(words)s", { words: call.emergency }) : "";
  find("call-minor").hidden = !call?.minor;
  // Not while he is still being brought in, or is rung: nothing is recorded before he is there.
  find("recording").hidden = !(talking && call?.recorded && !call.unrecorded_until);
  find("mute").disabled = !phone.call;
  find("finish").disabled = !talking;
  find("finish-what").textContent = !asks({ consult }) ? _("退出咨询") : seat.activity !== "connecting" ? _("结束") : call?.direction === "out" ? _("取消外呼") : calls(call) ? _("取消回呼") : _("放弃接听");
  find("finish").hidden = seat.activity === "wrap_up";
  for (const id of ["mute", "level"]) find(id).hidden = seat.activity === "wrap_up";
  find("wrapped").hidden = seat.activity !== "wrap_up";
  drawTalk();
  tick();
});

function waitsFor(seat) {
  if (seat.desired === "ready") return _("等待来电：有来电时这里会显示，并响铃");
  if (seat.reason === "device") return _("语音中断，不会来电；恢复后自动示闲");
  if (seat.reason === "missed") return _("连续两次来电未接，已自动小休，不会再来电；回到座位后按 Alt+1 示闲");
  return seat.desired === "break" ? _("小休中，不会来电；按 Alt+1 示闲") : _("离线，不会来电；按 Alt+1 示闲后开始接听");
}

function tick() {
  if (!picture) return;
  const { seat, call, consult } = picture;
  if (call) find("call-state").textContent = doing({ seat, call, consult });
  const clock = { talking: () => (heard(call) ? lasting(serverTime() - Date.parse(call?.notice_until ?? call?.answered_at ?? seat.since)) : ""), wrap_up: () => _("还剩 %(seconds)s 秒", { seconds: left(Date.parse(seat.wrap_up_until) - serverTime()) }) };
  find("call-clock").textContent = clock[seat.activity]?.() ?? "";
}

export async function finish() {
  const { call, seat } = picture;
  const connecting = seat.activity === "connecting";
  if (connecting && call?.direction === "out" && phone.busy) return phone.hangUp();
  givenUp = connecting ? call?.id : null;
  await act("/desk/finish", { call: call?.id });
}

export function wrapUp() { return act("/desk/wrapped"); }

// While he is being connected a second F2 is impatience; to give him up takes the button.
export function answerOrFinish() {
  if (picture.offer) return accept();
  if (phone.connecting || confirming()) return;
  if (mayTakeBack()) return takeBack();
  if (picture.seat.activity === "connecting" && picture.call?.direction !== "out") return notice(_("正在接通，请稍候；如不能接听，请点“放弃接听”"));
  if (!find("finish").disabled) finish();
}

function drawQuality({ name, bad }) {
  if (bad) troubles.add(name);
  else troubles.delete(name);
  find("quality").hidden = troubles.size === 0;
  const [worst] = [...troubles].sort((one, other) => (other in QUALITY) - (one in QUALITY));
  find("quality").textContent = troubles.size ? QUALITY[worst] ?? UNSTABLE : "";
  drawTalk();
}

// Whoever tells that the page has lost its server says of the talk only what is so.
function drawTalk() {
  document.documentElement.dataset.talk = !phone.call ? "" : troubles.has("reconnecting") ? "lost" : "goes on";
}

phone.addEventListener("quality", ({ detail }) => drawQuality(detail));
phone.addEventListener("level", ({ detail }) => { find("meter").style.width = `${Math.min(100, detail * 140)}%`; });
phone.addEventListener("muted", ({ detail }) => drawMuted(detail));
phone.addEventListener("over", () => {
  find("meter").style.width = "0";
  drawMuted(false);
  troubles.clear();
  find("quality").hidden = true;
  drawTalk();
});
document.addEventListener("live:call-lost", ({ detail }) => {
  if (detail.call === givenUp) notice(_("已放弃接听，市民保留原来的排队时间，继续排队"));
});

function drawMuted(muted) {
  find("mute").setAttribute("aria-pressed", String(muted));
  find("mute-what").textContent = muted ? _("已静音") : _("静音");
}

find("finish").addEventListener("click", finish);
find("wrapped").addEventListener("click", wrapUp);
find("mute").addEventListener("click", () => phone.toggleMute());
setInterval(tick, 500);
