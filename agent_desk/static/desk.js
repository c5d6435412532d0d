// The desk: opens, listens, and lets each part draw what concerns it.

import { listen } from "/static/live.js";
import { _ } from "/static/words.js";
import "./abuse.js";
import "./caller.js";
import { answerSiblings, handOver, recent } from "./dial.js";
import "./follow-up.js";
import "./keys.js";
import "./lead.js";
import { insist, notice } from "./notices.js";
import { find } from "./pieces.js";
import { desk, drawing, ordered, picture, refresh, stays } from "./picture.js";
import "./parting.js";
import { restore } from "./saving.js";
import "./privacy.js";
import "./ringbacks.js";
import "./risk.js";
import "./standby.js";
import "./suggestions.js";
import { asks } from "./talk.js";
import "./targets.js";
import * as ticket from "./ticket.js";
import { phone, startVoice } from "./voice.js";
import "./transcript.js";

const MOVES = ["offered", "offer-ended", "call-connecting", "call-talking", "call-ended", "call-lost", "talk-moved", "seat-moved", "desk-taken"];

// Software may have found out that a minor calls.
for (const name of ["open", "ticket-filled", ...MOVES]) document.addEventListener(`live:${name}`, refresh);
drawing((next) => {
  if (next.held_here === false) giveWay();
  if (!stays(ticket.shown(), next)) ticket.leave();
  // Who is asked into a talk reads along; the form is his who has asked.
  if (next.call && asks(next)) ticket.about(next.call, next.seat);
});

// The other tab is the desk now; a citizen must not go on talking to this one.
function giveWay() {
  if (phone.busy) phone.hangUp();
  if (!find("taken").open) find("taken").showModal();
}

async function enter(takeOver = false) {
  try {
    await ordered("/desk/open", { take_over: takeOver });
  } catch (error) {
    if (error.status === 401) return insist(_("登录已过期，请"), "/sign-in?next=/desk", _("重新登录"));
    if (!error.said?.held) return notice(error.message);
    find("taken-talks").hidden = !error.said.talks;
    find("taken").showModal();
    return handOver(() => { find("taken-what").textContent = _("已在座席页面准备好回拨，请到那个页面拨打；此页可以关闭。"); });
  }
  listen(`${document.body.dataset.live}?desk=${desk}`, [...MOVES, "words", "ticket-filled", "emergency", "danger-moved", "callbacks-moved"]);
  await begin();
}

async function begin() {
  answerSiblings();
  await startVoice();
  await recent();
}

find("take-over").addEventListener("click", async () => { find("taken").close(); await enter(true); });
find("leave").addEventListener("click", () => { location.href = "/tickets"; });
// Out of the browser's cache comes a page whose stream and phone are long gone.
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
window.desk = { phone, picture: () => picture };
if (window.isSecureContext) await restore().then(() => enter());
else notice(_("浏览器只在 https 页面允许使用麦克风：请用 https 地址打开座席页"));
