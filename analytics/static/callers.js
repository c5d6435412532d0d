// Who waits, in the order of service, and why he still does.

import { _ } from "/static/words.js";
import { cells, Picked, piece } from "/floor-static/rows.js";

let shown = [];
const picked = new Picked(document.getElementById("callers"), () => document.dispatchEvent(new CustomEvent("picked")));

export function waits() { return shown.find((one) => String(one.call) === picked.key); }

export function drawCallers(callers) {
  shown = callers;
  picked.draw(callers.length ? callers.map(row) : [nobody()]);
}

function row(caller) {
  const made = cells(["", caller.line_name, "", caller.because]);
  made.dataset.key = caller.call;
  if (caller.emergency) made.firstChild.append(piece("b", { className: "late", textContent: `▲ ${caller.emergency}` }), " ");
  made.firstChild.append(piece("a", { href: caller.to, textContent: caller.number, tabIndex: -1 }));
  if (caller.language === "en") made.firstChild.append(" ", piece("small", { textContent: "EN" }));
  if (caller.preferred) made.firstChild.append(" ", piece("span", { className: "badge", textContent: _("优先") }, { state: "wait" }));
  made.children[2].dataset.since = caller.since;
  made.children[2].className = "amount num";
  return made;
}

function nobody() {
  const made = cells([_("没有人在排队")]);
  made.firstChild.colSpan = 4;
  made.firstChild.className = "empty";
  return made;
}
