// Who calls: what is known of him, his tickets, his calls, and a note for the next agent.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { anchor, badge, find, hint, item, text, toldBefore, when } from "./pieces.js";
import { drawing, refresh, stays } from "./picture.js";
import { notice } from "./notices.js";
import { passes, pause, reason } from "./saving.js";

const DISPOSITIONS = { answered: _("已接听"), abandoned: _("排队放弃"), left_early: _("提前挂断"), self_served: _("自助"), not_reached: _("未接通"), callback: _("等待回呼"), voicemail: _("留言"), failed: _("异常") };
const SAVE_AFTER_MS = 800;
// A note that is typed and not sent yet, and when it will be.
let unsaved = false;
// Call by call, the newest note that is not known to be saved: a repeat sends what stands here.
const left = new Map();
// The calls whose note is on its way.
const underWay = new Set();
let timer = null;
// The call whose person is on the page; while it rings it is not yet the call in hand.
let drawn = null;
// His tickets as they are drawn: a link under the pointer is not exchanged for itself.
let listed = null;

// Who is drawn changes with the call; who has gone is forgotten.
drawing((next) => {
  const who = next.offer?.call ?? next.call;
  if (who && who.id !== drawn) draw(who);
  else if (!who && !stays(drawn, next)) forget();
  if (who) drawTickets(who.tickets);
  // Danger may be spoken of at any time.
  if (who) drawDanger(who.emergency, who.danger_before);
});

function forget() {
  keep();
  drawn = listed = null;
  find("caution-note").blur();
  find("known").hidden = true;
  find("nobody").hidden = false;
  find("caution-note").value = "";
}

// A note begun for one caller must not end as another's.
function draw(call) {
  keep();
  if (drawn !== call.id) find("caution-note").blur();
  drawn = call.id;
  find("known").hidden = false;
  find("nobody").hidden = true;
  warn(call.caution);
  const known = [[_("号码"), call.number], [_("姓名"), call.name], [_("专席"), call.line], [_("语言"), call.language === "en" ? "English" : _("普通话")], [_("导航所说"), call.speech]];
  find("who").replaceChildren(...known.filter(([, value]) => value).flatMap(([name, value]) => [text("dt", name), text("dd", value)]));
  find("before").replaceChildren(...(call.calls.length ? call.calls.map(past) : [hint(_("首次来电"))]));
  for (const field of find("caution-form").elements) field.disabled = false;
  find("caution-note").value = left.get(call.id)?.note ?? call.caution ?? "";
}

function drawTickets(tickets) {
  const submitted = !find("ticket-done").hidden;
  const now = JSON.stringify([drawn, submitted, tickets]);
  if (now === listed) return;
  listed = now;
  // Of a withheld number no ticket is found, not even the one that was just submitted.
  const none = submitted ? [] : [hint(_("没有在办工单，可新建"))];
  find("open-tickets").replaceChildren(...(tickets.length ? tickets.map(ticket) : none));
}

function drawDanger(words, before) {
  find("emergency").hidden = !words && !before;
  find("emergency").textContent = words ? _("紧急：%(words)s", { words }) : before ? toldBefore(before) : "";
}

function warn(note) {
  find("caution").hidden = !note;
  find("caution").textContent = note ? _("提示：%(words)s", { words: note }) : "";
}

function ticket(one) {
  const due = one.due_at ? badge(_("%(when)s 到期", { when: when(one.due_at) }), Date.parse(one.due_at) < Date.now() ? "lost" : "wait") : "";
  return item(anchor(one.number, one.url), " ", one.summary ?? "", " ", due);
}

// Whom the agent rang has answered himself.
function outcome({ direction, disposition }) {
  if (direction !== "in" && disposition === "answered") return _("已接通");
  return DISPOSITIONS[disposition] ?? _("进行中");
}

function past(one) {
  return item(anchor(when(one.at), one.url), ` ${one.line ?? ""} ${outcome(one)} `, one.emergency ? badge(_("紧急：%(words)s", { words: one.emergency }), "lost") : "");
}

// Whoever only types it and goes on has left a note all the same.
function keep() {
  clearTimeout(timer);
  if (!unsaved || !drawn) return;
  unsaved = false;
  left.set(drawn, { note: find("caution-note").value });
  deliver(drawn);
}

// One after the other: of two that are under way the older might arrive last, and stand.
async function deliver(about) {
  if (underWay.has(about)) return;
  underWay.add(about);
  for (let failures = 0; left.has(about); failures += 1) {
    const sent = left.get(about);
    if (!await settles(about, sent)) await new Promise((go) => setTimeout(go, 1000 * pause(failures)));
    else if (left.get(about) === sent) left.delete(about);
  }
  underWay.delete(about);
}

// Whether it is saved, or refused for good; else the same may be taken later.
async function settles(about, sent) {
  try {
    const known = await send(`/desk/caution/${about}`, sent);
    if (drawn === about && left.get(about) === sent) warn(known.caution);
    return true;
  } catch (error) {
    notice(_("提示未保存：%(why)s", { why: reason(error) }));
    return !passes(error);
  }
}

find("caution-note").addEventListener("input", () => {
  unsaved = true;
  clearTimeout(timer);
  timer = setTimeout(keep, SAVE_AFTER_MS);
});
find("caution-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keep();
});
document.addEventListener("submitted", refresh);
// Nobody waits any more for what is under way.
addEventListener("pagehide", () => {
  keep();
  for (const about of underWay) send(`/desk/caution/${about}`, left.get(about)).catch(() => {});
});
