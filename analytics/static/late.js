// Targets that units have missed and no lead has seen to yet, on the floor.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";

const place = document.getElementById("escalations");
const list = document.getElementById("late-tickets");
let drawn = "";

// What has not changed is left in place: it would be read out again, and a button lose its focus.
export function drawLate(late, again) {
  const given = JSON.stringify(late);
  if (given === drawn) return;
  drawn = given;
  place.hidden = !late || late.rows.length === 0;
  list.replaceChildren(...(late?.rows ?? []).map((one) => row(one, again)), ...(late?.more ? [item(_("还有更多"))] : []));
}

function row(one, again) {
  const what = Object.assign(document.createElement("b"), { textContent: `! ${one.missed}` });
  const link = Object.assign(document.createElement("a"), { href: one.to, textContent: one.number });
  const due = new Date(one.due).toLocaleString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const seen = Object.assign(document.createElement("button"), { type: "button", textContent: _("已查看") });
  seen.setAttribute("aria-label", _("已查看 %(number)s", one));
  seen.addEventListener("click", async () => {
    seen.disabled = true;
    await send(`/escalations/${one.id}/seen`);
    again();
  });
  return item(what, link, one.unit, _("应在 %(time)s", { time: due }), seen);
}

function item(...parts) {
  const line = document.createElement("li");
  line.append(...parts.flatMap((one) => [one, " "]));
  return line;
}
