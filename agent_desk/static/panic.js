// One key alarms every lead, another rings 110 into the talk.

import { _ } from "/static/words.js";
import { notice } from "./notices.js";
import { find } from "./pieces.js";
import { act, drawing, picture } from "./picture.js";

drawing(({ call, seat, panic, consult, outside }) => {
  const talks = seat.activity === "talking" && call && (!consult || consult.mine);
  find("panic").disabled = !talks;
  find("panic").hidden = seat.activity === "wrap_up";
  find("panic").setAttribute("aria-pressed", String(Boolean(panic && !panic.taken_by)));
  find("police").hidden = !panic || !talks || Boolean(outside) || call.direction === "out";
  find("panic-state").hidden = !panic || !talks;
  if (panic) find("panic-state").textContent = panic.taken_by ? _("%(name)s已接手", { name: panic.taken_by }) : _("已报警，等待班长");
});

export function alarm() { if (!find("panic").disabled) find("panic").click(); }

export function police() {
  if (find("transfer").disabled || picture.outside) return notice(_("现在不能呼叫110：请先结束咨询或三方通话"));
  act("/desk/three-way", { call: picture.call.id, to: "police" });
}

find("police").addEventListener("click", police);
find("panic").addEventListener("click", () => act("/desk/panic", { call: picture.call.id }));
