// Callbacks at the desk: what this one is about, what its citizen left, and whose turn is next.

import { ask } from "/static/live.js";
import { _ } from "/static/words.js";
import { anchor, find, text, when } from "./pieces.js";
import { drawing } from "./picture.js";

const AT_MOST_EVERY_MS = 3000;
const WAYS = { key: _("市民保留了排队位置"), voicemail: _("市民留了言"), missed: _("市民排队时挂断，主动回电") };
let asked = 0;
let planned = null;
let drawn = null;

drawing(({ offer, call }) => {
  const one = (offer?.call ?? call)?.callback ?? null;
  const now = JSON.stringify(one);
  if (now === drawn) return;
  drawn = now;
  find("callback").hidden = !one;
  find("callback").replaceChildren(...(one ? about(one) : []));
});

function about(one) {
  const told = [WAYS[one.way], _("%(when)s 预约", { when: when(one.asked_at) }), one.tried ? _("已呼叫 %(count)s 次未接通", { count: one.tried }) : ""];
  return [text("p", told.filter(Boolean).join(" · ")), ...one.messages.flatMap(message)];
}

function message({ sound, url }) {
  const player = Object.assign(document.createElement("audio"), { controls: true, preload: "none", src: sound });
  player.setAttribute("aria-label", _("市民的留言"));
  return [player, anchor(_("留言文字"), url)];
}

async function look() {
  clearTimeout(planned);
  const wait = asked + AT_MOST_EVERY_MS - Date.now();
  if (wait > 0) return void (planned = setTimeout(look, wait));
  asked = Date.now();
  const next = await ask("/callbacks/next").catch(() => undefined);
  if (next !== undefined) drawNext(next);
}

function drawNext(next) {
  find("next-callback").hidden = !next;
  if (!next) return;
  const due = next.in_line ? _("排队中，%(when)s 起等待", { when: when(next.since) }) : _("%(when)s 回呼", { when: when(next.due_at) });
  find("next-callback").textContent = _("待回呼 %(count)s 位，下一位：%(who)s", { count: next.open, who: [next.line, next.number, due].join(" · ") });
}

for (const name of ["open", "callbacks-moved"]) document.addEventListener(`live:${name}`, look);
