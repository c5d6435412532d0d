// An abusive call: reported once, after the caller was asked to stop; and appeals against a limitation.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { notice } from "./notices.js";
import { find, when } from "./pieces.js";
import { drawing } from "./picture.js";

// The call that is in hand, or was a moment ago.
let call = null;

drawing((next) => {
  const now = next.offer?.call ?? next.call;
  find("abuse").hidden = !next.call?.may_report;
  if (next.call?.id !== call) find("strike").reset();
  call = next.call?.id ?? null;
  const limited = now?.limitation;
  find("limited").hidden = !limited;
  find("limited").textContent = limited ? _("号码受限（%(kind)s）至 %(until)s：如申诉请在下方记录，不得因此拒绝受理", { kind: limited.kind, until: when(limited.until) }) : "";
});

async function sent(form, url, body, told) {
  try {
    await send(url, body);
    form.reset();
    notice(told);
  } catch (error) {
    notice(error.message);
  }
}

find("strike").addEventListener("submit", (event) => {
  event.preventDefault();
  const { reason, words, persuaded } = event.target.elements;
  sent(event.target, "/desk/strike", { call, reason: reason.value, words: words.value, persuaded: persuaded.checked }, _("已报告为骚扰来电"));
});
find("appeal").addEventListener("submit", (event) => {
  event.preventDefault();
  const { number, words } = event.target.elements;
  sent(event.target, "/desk/appeal", { call, number: number.value, words: words.value }, _("申诉已记录，由班长或管理员处理"));
});
