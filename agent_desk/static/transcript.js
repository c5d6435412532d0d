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
    shown.last = Math.max(shown.last, one.id);
    list.querySelector(".empty")?.remove();
    place(sentence(one), one);
  }
  drawGaps(gaps);
  if (follows) room.scrollTop = room.scrollHeight;
}

function sentence(one) {
  const known = list.querySelector(`[data-id="${one.id}"]`);
  if (known) return known;
  const item = text("li", one.text, one.party);
  item.dataset.id = one.id;
  item.prepend(text("small", `${PARTIES[one.party] ?? ""} ${clock(one.at)}`));
  return item;
}

// By its start where that is known, as in the replay; what comes late stands where it was said.
function place(item, { id, at, offset }) {
  const order = [offset ?? Infinity, Date.parse(at), id];
  if (item.isConnected && String(item.order) === String(order)) return;
  item.remove();
  item.order = order;
  const next = [...list.querySelectorAll("[data-id]")].find((one) => earlier(order, one.order));
  list.insertBefore(item, next ?? null);
}

function earlier(mine, other) {
  const at = mine.findIndex((part, index) => part !== other[index]);
  return at >= 0 && mine[at] < other[at];
}

// A sentence that comes late closes the gap that it left.
function drawGaps(gaps) {
  for (const old of list.querySelectorAll(".gap")) old.remove();
  for (const gap of gaps) {
    const next = list.querySelector(`[data-id="${gap.before}"]`);
    if (next || gap.before === 0) list.insertBefore(text("li", lost(gap), "gap"), next);
  }
}

function lost({ since, until }) {
  const when = { since: since && clock(since), until: clock(until) };
  return since ? _("此处有一段未能转写（%(since)s 至 %(until)s）", when) : _("此处有一段未能转写（%(until)s 之前）", when);
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
