// What is said, sentence by sentence, as it is spoken.

import { ask } from "/static/live.js";
import { _ } from "/static/words.js";
import { clock, find, hint, text } from "./pieces.js";
import { drawing, stays } from "./picture.js";
import { notice } from "./notices.js";
import { CALLING, calls } from "./seat.js";

const PARTIES = { citizen: _("市民"), agent: _("座席") };
// Who has scrolled up to read is not pulled down again.
const NEAR_PX = 40;
const shown = { call: null, last: 0 };
const list = find("transcript");
const before = [...list.childNodes];

drawing((next) => {
  const { call } = next;
  if (!stays(shown.call, next)) forget();
  if (!call) return;
  if (shown.call !== call.id) {
    Object.assign(shown, { call: call.id, last: 0 });
    list.replaceChildren(hint(""));
  }
  // Until the first sentence it is said why there is none.
  const nothing = list.querySelector(".empty");
  if (nothing) nothing.textContent = awaits(call);
  say(call.words, call.gaps);
});

function awaits(call) {
  if (calls(call)) return CALLING;
  if (call.direction === "out" && !call.answered_at) return _("对方没有接通");
  return _("请开始通话：双方说的话会逐句显示在这里");
}

function forget() {
  Object.assign(shown, { call: null, last: 0 });
  list.replaceChildren(...before);
}

function say(sentences, gaps) {
  const room = list.closest(".scroll");
  const follows = room.scrollHeight - room.scrollTop - room.clientHeight < NEAR_PX;
  for (const one of sentences) {
    if (one.id <= shown.last) continue;
    shown.last = one.id;
    list.querySelector(".empty")?.remove();
    const item = text("li", one.text, one.party);
    item.dataset.id = one.id;
    item.prepend(text("small", `${PARTIES[one.party] ?? ""} ${clock(one.at)}`));
    list.append(item);
  }
  drawGaps(gaps);
  if (follows) room.scrollTop = room.scrollHeight;
}

// A sentence that comes late closes the gap that it left.
function drawGaps(gaps) {
  for (const old of list.querySelectorAll(".gap")) old.remove();
  for (const id of gaps) {
    const next = list.querySelector(`[data-id="${id}"]`);
    if (next || id === 0) list.insertBefore(text("li", _("此处有一段未能转写"), "gap"), next);
  }
}

document.addEventListener("live:words", async ({ detail }) => {
  if (detail.call !== shown.call) return;
  try {
    const { said, gaps } = await ask(`/desk/words/${shown.call}?after=${shown.last}`);
    if (detail.call === shown.call) say(said, gaps);
  } catch {
    notice(_("有一句话没有取到，下一句时会补上"));
  }
});
