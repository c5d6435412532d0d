// A ready seat whose voice is gone would be rung in vain: it rests until the voice is back.

import { _ } from "/static/words.js";
import { act, picture } from "./picture.js";
import { notice } from "./notices.js";
import { phone, usable } from "./voice.js";

const PATIENCE_MS = 10000;
let waiting = null;

document.addEventListener("voice", look);
document.addEventListener("picture", look);

function look() {
  if (!picture) return;
  const { desired, reason, activity, telephone } = picture.seat;
  // He answers by telephone: this page's voice does not matter.
  if (telephone) return;
  if (usable()) {
    clearTimeout(waiting);
    waiting = null;
    if (desired === "break" && reason === "device") resume();
  } else if (desired === "ready" && activity === "idle" && !waiting) {
    waiting = setTimeout(rest, PATIENCE_MS);
  }
}

async function rest() {
  waiting = null;
  if (usable() || phone.busy || picture.seat.telephone || picture.seat.desired !== "ready") return;
  if (await act("/desk/choose", { desired: "break", reason: "device" })) notice(_("语音中断，已暂时小休；恢复后自动示闲"));
}

async function resume() {
  if (await act("/desk/choose", { desired: "ready" })) notice(_("语音已恢复，已自动示闲"));
}
