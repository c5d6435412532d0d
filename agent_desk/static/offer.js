// A call that rings: the bar with its countdown, the tone, the page's title, a notification.

import { _ } from "/static/words.js";
import { find, left, offerFocus, toldBefore } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";
import { notice } from "./notices.js";
import { Ringer } from "./ringer.js";
import { phone } from "./voice.js";

const ENDED = { missed: _("未在时限内接听，来电继续排队；连续两次未接会自动小休"), caller_gone: _("市民已挂断"), consult_over: _("咨询已结束") };
// Who has declined is soon rung again, unless he chose otherwise.
const MINE = { ready: _("您仍为示闲，几秒后可能再次振铃；暂不接听请选小休"), break: _("您在小休，不会来电；按 Alt+1 示闲后继续接听"), offline: _("您已离线，不会来电；按 Alt+1 示闲后继续接听") };
const ON_TELEPHONE = _("请在话机上按1接听");
const title = document.title;
const ringer = new Ringer();
let rung = null;
let shown = null;

drawing(({ offer, seat }) => {
  find("offer").hidden = !offer;
  if (!offer) return hush();
  find("accept").disabled = seat.telephone || phone.connecting;
  const { call } = offer;
  find("offer").dataset.danger = call.emergency ? "now" : "";
  find("offer-line").textContent = whatRings(offer);
  find("offer-who").textContent = [call.number, call.name, call.language === "en" ? "English" : "", call.tickets.length ? _("在办工单 %(count)s", { count: call.tickets.length }) : ""].filter(Boolean).join(" · ");
  find("offer-danger").textContent = call.emergency ? _("紧急：%(words)s", { words: call.emergency }) : call.danger_before ? toldBefore(call.danger_before) : "";
  find("offer-minor").hidden = !call.minor;
  find("offer-said").textContent = [seat.telephone && ON_TELEPHONE, offer.consult?.question && `“${offer.consult.question}”`, call.caution && _("提示：%(words)s", { words: call.caution }), call.speech && `“${call.speech}”`].filter(Boolean).join(" · ");
  if (rung !== offer.id) ring(offer);
  tick();
});

function whatRings({ call, why, consult }) {
  if (consult) return _("%(who)s 咨询您", { who: consult.by });
  if (why.step === "returned") return _("刚才中断的通话，请接回");
  const line = call.line ?? _("综合");
  if (call.direction === "back") return _("%(line)s回呼：接听后为您呼叫市民", { line });
  return why.step === "transferred" ? _("转接给您的%(line)s来电", { line }) : _("%(line)s来电", { line });
}

function ring({ id, call, why }) {
  rung = id;
  if (phone.connecting || picture.seat.telephone) return;
  if (why.step === "returned") offerFocus(find("accept"));
  ringer.ring(call.emergency !== null);
  const danger = call.emergency ? _("紧急：%(words)s", { words: call.emergency }) : "";
  const who = `${call.line ?? _("综合")} ${call.number}`;
  document.title = _("● 来电 %(who)s", { who: call.number });
  find("alert").textContent = `${danger} ${_("来电 %(who)s，按 F2 接听", { who })}`;
  if (window.Notification?.permission !== "granted") return;
  shown = new Notification(_("12345 来电"), { body: `${danger} ${who}`, tag: "offer", requireInteraction: true });
  shown.onclick = () => { focus(); shown?.close(); };
}

function hush() {
  ringer.stop();
  rung = null;
  shown?.close();
  document.title = title;
  find("alert").textContent = "";
}

export async function accept() {
  if (picture.seat.telephone) return notice(ON_TELEPHONE);
  const { offer } = picture;
  if (!offer || phone.busy) return;
  ringer.stop();
  find("accept").disabled = true;
  try {
    await phone.connect({ offer: String(offer.id) });
  } catch (error) {
    notice(_("没有接通：%(why)s。请检查麦克风权限后再试", { why: error.message }));
  }
  find("accept").disabled = false;
}

function tick() {
  if (picture?.offer) find("offer-left").textContent = _("%(seconds)s 秒", { seconds: left(Date.parse(picture.offer.deadline) - serverTime()) });
}

function drawSound() { find("silent").hidden = !ringer.silent; }

find("accept").addEventListener("click", accept);
async function decline() {
  phone.hangUp();
  const declined = picture.offer?.id;
  if (await act("/desk/decline", { offer: declined }) && picture.offer?.id !== declined) notice(_("已拒接，来电按原来的等待时间继续排队。%(mine)s", { mine: MINE[picture.seat.desired] }));
}

find("decline").addEventListener("click", decline);
document.addEventListener("live:offer-ended", ({ detail }) => { if (ENDED[detail.because]) notice(ENDED[detail.because]); });
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => ringer.wake());
ringer.addEventListener("sound", drawSound);
ringer.wake();
drawSound();
setInterval(tick, 500);
