// Calls out: a typed number, or whoever a ticket or a call leads to; and the agent's own last calls.

import { ask, send } from "/static/live.js";
import { _ } from "/static/words.js";
import { anchor, badge, button, find, hint, item, text, when } from "./pieces.js";
import { picture } from "./picture.js";
import { notice } from "./notices.js";
import { phone, usable } from "./voice.js";

const DIRECTIONS = { in: ["↙", _("来电")], out: ["↗", _("外呼")], back: ["↺", _("回呼")] };
const sibling = new BroadcastChannel("desk");
const back = find("back");

async function dial(wanted) {
  if (phone.busy) return notice(_("通话中不能外呼，请先结束当前通话"));
  if (!usable()) return notice(_("语音就绪后才能外呼，请看左侧“设备”"));
  try {
    const allowed = await send("/desk/dial", wanted);
    await phone.connect({ dial: String(allowed.dial) });
    drop();
  } catch (error) {
    notice(error.message);
  }
}

export function dialBack() { if (!back.hidden) dial({ to: back.dataset.to }); }

function prepare(to, who, about) {
  back.dataset.to = to;
  find("back-who").textContent = who;
  find("back-about").textContent = about;
  back.hidden = false;
  back.scrollIntoView({ block: "nearest" });
}

// A reload must not prepare again what was dialled already.
function drop() {
  back.hidden = true;
  find("dial-number").value = "";
  history.replaceState(null, "", "/desk");
}

// Another tab is the desk: it is asked to dial, and says whether it will.
export function handOver(wanted) {
  const name = new URLSearchParams(location.search).get("dial");
  if (!name) return;
  sibling.onmessage = ({ data }) => { if (data.taken === name) wanted(); };
  sibling.postMessage({ dial: name });
}

export function answerSiblings() {
  sibling.onmessage = ({ data }) => {
    if (!data.dial || phone.busy || picture?.seat.activity === "ringing") return;
    sibling.postMessage({ taken: data.dial });
    location.href = `/desk?dial=${encodeURIComponent(data.dial)}`;
  };
}

export async function recent() {
  try {
    const found = await ask("/desk/calls");
    find("recent").replaceChildren(...(found.length ? found.map(one) : [hint(_("还没有通话；示闲后即可接听来电"))]));
  } catch {
    find("recent").replaceChildren(hint(_("没有取到通话记录，下次通话结束后再取")));
  }
}

function one(call) {
  const [arrow, what] = DIRECTIONS[call.direction];
  const direction = Object.assign(text("span", arrow), { title: what, role: "img", ariaLabel: what });
  const made = item(anchor(when(call.at), call.url), direction, call.number);
  if (call.draft_url) made.append(badge(_("草稿"), "draft"), anchor(_("填写"), call.draft_url));
  if (call.may_ring_back) made.append(button(_("回拨"), () => prepare(`call-${call.id}`, call.number, _("%(when)s 的通话", { when: when(call.at) })), "small"));
  return made;
}

back.addEventListener("submit", (event) => { event.preventDefault(); dialBack(); });
find("back-drop").addEventListener("click", drop);
find("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  const about = back.hidden ? {} : { about: back.dataset.to };
  dial({ number: find("dial-number").value, ...about });
});
document.addEventListener("live:call-ended", recent);
for (const name of ["submitted", "left"]) document.addEventListener(name, recent);
