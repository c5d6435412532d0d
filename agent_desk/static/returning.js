// The voice broke off in mid-call, by a reload or a lost network: whose citizen it was takes him
// back, as long as nobody else has him.  As soon as this desk has a voice again he rings here by
// himself; one key answers.

import { _ } from "/static/words.js";
import { find, offerFocus } from "./pieces.js";
import { act, drawing, ordered, picture, refresh } from "./picture.js";
import { notice } from "./notices.js";
import { accept } from "./offer.js";
import { asks } from "./talk.js";
import { phone, usable } from "./voice.js";

const LOOK_AGAIN_MS = 2000;
const TRY_AGAIN_MS = 500;
const TRIES = 40;
// The end of this page's own leg takes a moment to become known.
const SETTLES_MS = 4000;
// When its reports are lost the carrier is asked; that takes longer, and is not this page's doing.
const CONFIRMS_MS = 15000;
let freeSince = Date.now();
// The call whose voice was in this page when it ended.
let endedHere = null;
let dropped = null;
let trying = false;
// Whose ringing was asked for already: once is enough, also when he does not answer then.
let asked = null;

drawing(draw);

function draw() {
  if (!picture) return;
  const { lost, offer } = picture;
  const waits = lost && !offer && lost.call !== dropped;
  const confirms = !waits && confirming();
  const appears = (find("lost").hidden || find("take-back").hidden) && (waits || elsewhere()) && !confirms;
  const danger = (waits ? lost : picture.call)?.emergency;
  find("lost").hidden = !waits && !elsewhere();
  find("lost").dataset.danger = danger ? "now" : "";
  find("lost-danger").textContent = danger ? _("紧急：%(words)s", { words: danger }) : "";
  find("lost-what").textContent = waits ? _("通话中断：市民 %(number)s 正在队首等待；接回后诉求单和转写一起回来", { number: lost.number }) : voiceless(confirms);
  find("take-back").hidden = confirms;
  find("lost-drop").hidden = !waits;
  find("take-back").disabled = trying;
  if (appears) offerFocus(find("take-back"));
  ringHere();
}

// Nobody else is free, or he would ring there: so he rings here, and no wrap-up stands in the way.
async function ringHere() {
  const { lost, offer } = picture;
  if (!lost?.ready || offer || [asked, dropped].includes(lost.call) || trying || phone.busy || !usable()) return;
  asked = lost.call;
  if (!await act("/desk/take-back", { call: lost.call })) asked = null;
}

function voiceless(confirms) {
  if (confirms) return _("通话已断开，正在确认…");
  if (picture.call?.id === endedHere) return _("通话的语音已断开：如市民还在线，请接回");
  return _("这通电话的语音不在此页面：页面刷新过，或在别处打开");
}

// Its own voice has ended just now: what became of the citizen is not known yet.
export function confirming() {
  return elsewhere() && picture.call.id === endedHere && Date.now() - freeSince < CONFIRMS_MS;
}

export function mayTakeBack() { return Boolean(picture.lost) || elsewhere(); }

// The server knows of a talk, but this page has no leg in it.
function elsewhere() {
  const { seat, call, consult, held_here } = picture;
  const talks = seat.activity === "talking" || seat.activity === "connecting";
  // Whose voice broke off while he was only asked has no citizen to take back.
  return talks && held_here && call && call.direction !== "out" && asks({ consult }) && !phone.busy && Date.now() - freeSince > SETTLES_MS;
}

export async function takeBack() {
  const about = picture.lost?.call ?? picture.call?.id;
  if (trying || phone.busy || !about) return;
  trying = true;
  draw();
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      await ordered("/desk/take-back", { call: about });
      if (picture.offer?.call.id === about) return await accept();
      if (!picture.lost) break;
      await new Promise((go) => setTimeout(go, TRY_AGAIN_MS));
    }
    notice(_("市民不在等待接回：可能已重新排队、由其他座席接听，或已挂断"));
  } catch (error) {
    notice(error.message);
  } finally {
    trying = false;
    draw();
  }
}

phone.addEventListener("over", () => { endedHere = picture?.call?.id ?? null; freeSince = Date.now(); asked = null; refresh(); });
document.addEventListener("voice", draw);
find("take-back").addEventListener("click", takeBack);
find("lost-drop").addEventListener("click", () => { dropped = picture.lost?.call; draw(); });
// Whether somebody else has him by now is told to nobody else's desk.
setInterval(() => { if (picture?.lost && !trying) refresh(); else draw(); }, LOOK_AGAIN_MS);
