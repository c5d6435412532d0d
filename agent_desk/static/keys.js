// The keys of the desk.  They work inside fields, because agents type all the time; the same table
// makes the sheet that tells of them.

import { _ } from "/static/words.js";
import { answerOrFinish, wrapUp } from "./callbar.js";
import { dialBack } from "./dial.js";
import { find, item, text } from "./pieces.js";
import { openKeypad } from "./keypad.js";
import { notice } from "./notices.js";
import { picture } from "./picture.js";
import { alarm, police } from "./panic.js";
import { recover } from "./recovery.js";
import { becomeReady } from "./seat.js";
import * as ticket from "./ticket.js";

const KEYS = {
  F2: { does: _("接听来电；通话中结束通话；中断后接回"), act: answerOrFinish },
  F4: { does: _("拨打已准备好的回拨"), act: dialBack },
  F6: { does: _("保持市民，再按恢复通话"), act: () => find("hold").click() },
  F7: { does: _("咨询或转接"), act: () => find("transfer").click() },
  F8: { does: _("静音，再按恢复"), act: () => find("mute").click() },
  F9: { does: _("提交诉求单；已提交时整理完毕"), act: submitOrWrapUp },
  "Alt+2": { does: _("标记或取消：来电人是未成年人"), act: ticket.markMinor },
  "Alt+3": { does: _("求助班长（举手），再按放下"), act: () => find("hand").click() },
  "Alt+4": { does: _("打开按键，按给外部方或外呼对方的语音菜单"), act: openKeypad },
  "Alt+5": { does: _("通话结束后情绪休整，到时自动示闲"), act: recover },
  "Alt+6": { does: _("来电是催办：记入市民的在办工单，不另建单"), act: () => find("chase").hidden || find("chase").click() },
  "Alt+0": { does: _("紧急求助：所有班长立即听到警报"), act: alarm },
  "Alt+9": { does: _("呼叫110加入三方通话"), act: police },
  "Alt+1": { does: _("示闲"), act: becomeReady },
  "?": { does: _("显示快捷键（不在输入框中时）"), act: show, typed: true },
};
const FIELDS = "input, select, textarea, [contenteditable]";

export async function submitOrWrapUp() {
  if (ticket.isOpen()) return submit();
  if (picture.seat.activity === "wrap_up") await wrapUp();
}

export async function submit() {
  // Pressed in mid-talk it ends no wrap-up that began while the submit was on its way: the query code
  // would go before it was read.
  const wraps = picture.seat.activity === "wrap_up";
  const number = await ticket.submit();
  if (!number || !wraps || picture.seat.activity !== "wrap_up") return;
  // With the wrap-up the form goes, too.
  if (await wrapUp()) notice(_("✓ 已提交：工单号 %(number)s，短信已交发", { number }));
}

function show() {
  find("keys-list").replaceChildren(...Object.entries(KEYS).map(([key, { does }]) => item(text("kbd", key), ` ${does}`)));
  find("keys").showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const key = KEYS[`${event.altKey ? "Alt+" : ""}${event.key}`];
  if (!key || (key.typed && event.target.closest(FIELDS))) return;
  event.preventDefault();
  // A key that is held speaks once: the F2 that answers must not end the talk.
  if (event.repeat || !picture) return;
  key.act();
});
find("ticket").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
find("keys-open").addEventListener("click", show);
find("keys-close").addEventListener("click", () => find("keys").close());
