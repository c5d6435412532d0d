// A rest after a distressing call: suggested where there is reason, taken by one key, and how long it
// still lasts.

import { _ } from "/static/words.js";
import { find, lasting } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";

const BECAUSE = { panic: _("您报过警"), hand: _("您举过手"), danger: _("出现危险词"), minor: _("涉及未成年人") };

drawing(({ recovery, call }) => {
  find("recovery").hidden = !recovery;
  if (!recovery) return;
  const { given, minutes, left, because } = recovery;
  find("recovery-why").textContent = given || !because.length ? "" : _("这通电话可能不轻松（%(why)s），您可以休整", { why: because.map((one) => BECAUSE[one]).join(_("、")) });
  find("recovery-why").dataset.suggested = String(because.length > 0);
  find("recovery-take").hidden = given;
  find("recovery-take").disabled = left < 1;
  find("recovery-take").title = left < 1 ? _("本班次自行休整的次数已用完：请班长为您批准") : _("本班次还可自行休整 %(left)s 次", { left });
  find("recovery-long").textContent = _("休整 %(minutes)s 分钟", { minutes });
  // Without a reason it does not ask for attention, and goes with the wrap-up.
  find("recovery").hidden = !given && !because.length && !call;
  tick();
});

function tick() {
  const known = picture?.recovery;
  if (!known?.given) return void (find("recovery-left").textContent = "");
  const left = known.until ? Date.parse(known.until) - serverTime() : null;
  const lasts = left === null ? _("整理后开始情绪休整") : _("情绪休整还剩 %(left)s，到时自动示闲", { left: lasting(left) });
  find("recovery-left").textContent = known.by ? _("%(lasts)s（班长%(by)s批准）", { lasts, by: known.by }) : lasts;
}

export function recover() { if (!find("recovery").hidden && !find("recovery-take").hidden) find("recovery-take").click(); }

find("recovery-take").addEventListener("click", () => act("/desk/recovery"));
setInterval(tick, 500);
