// What is done in a talk: the citizen on hold, a colleague who is asked, and how long already.

import { _ } from "/static/words.js";
import { find, lasting } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";
import { notice } from "./notices.js";

// Longer is long for who hears music: the agent is reminded of him.
const LONG_MS = 60000;
// How a consult ended that did not end as it should.
const ENDS = { declined: _("同事拒接，已恢复与市民的通话"), missed: _("同事未接，已恢复与市民的通话"), left: _("同事已离开，已恢复与市民的通话"), completed: _("已转接") };
const OUTSIDE_ENDS = { missed: _("外部方没有接听"), left: _("外部方已挂断") };
const STATES = { ringing: _("振铃"), connecting: _("接通中") };
const MODES = { consulting: _("在与同事通话，市民听音乐"), swapped: _("在与市民通话，同事听音乐"), three_way: _("三方通话") };
// For who is asked it is the other way round.
const ASKED = { consulting: _("在与同事通话，市民听音乐"), swapped: _("同事在与市民通话，请稍候"), three_way: _("三方通话") };
// The hold that he was reminded of already.
let told = null;

// Whether the talk is his own: who is only asked into one does not steer it.
export function asks({ consult }) { return !consult || consult.mine; }

drawing(({ call, seat, consult, outside }) => {
  const held = Boolean(call?.held_since);
  const mine = seat.activity === "talking" && call && call.direction !== "out";
  for (const id of ["hold", "transfer"]) {
    find(id).disabled = !mine || Boolean(consult) || Boolean(outside?.alone);
    // One row, also on a narrow page: what cannot be done now makes room for what can.
    find(id).hidden = seat.activity === "wrap_up" || Boolean(consult);
  }
  if (outside) find("transfer").hidden = true;
  find("hold").setAttribute("aria-pressed", String(held));
  find("hold-what").textContent = held ? _("恢复通话") : _("保持");
  drawConsult(consult);
  drawOutside(outside);
  tick();
});

function drawConsult(consult) {
  find("consult").hidden = !consult;
  if (!consult) return;
  const joined = consult.state === "joined";
  find("consult-who").textContent = consult.with;
  find("consult-mode").textContent = joined ? (consult.mine ? MODES : ASKED)[consult.mode] : STATES[consult.state];
  find("consult-mode").dataset.state = joined ? "talking" : "ringing";
  find("consult-why").textContent = consult.question && !consult.mine ? `“${consult.question}”` : "";
  for (const id of ["swap", "three", "complete"]) find(`consult-${id}`).hidden = !(consult.mine && joined);
  find("consult-three").disabled = consult.mode === "three_way";
  find("consult-cancel").hidden = !consult.mine;
  find("consult-cancel-what").textContent = joined ? _("结束咨询") : _("取消咨询");
}

function drawOutside(party) {
  find("outside").hidden = !party;
  if (!party) return;
  const joined = party.state === "joined";
  find("outside-who").textContent = party.name;
  find("outside-mode").textContent = party.alone ? _("市民已挂断，对方还在线") : joined ? _("三方通话") : _("呼叫中");
  find("outside-mode").dataset.state = joined ? "talking" : "ringing";
  find("outside-end-what").textContent = joined ? _("结束三方通话") : _("取消呼叫");
}

function tick() {
  if (picture?.outside) find("outside-clock").textContent = lasting(serverTime() - Date.parse(picture.outside.since));
  if (picture?.consult) find("consult-clock").textContent = lasting(serverTime() - Date.parse(picture.consult.since));
  const since = picture?.call?.held_since;
  find("hold-clock").hidden = !since || Boolean(picture.consult);
  if (find("hold-clock").hidden) return;
  const ms = serverTime() - Date.parse(since);
  find("hold-clock").textContent = _("已保持 %(long)s", { long: lasting(ms) });
  find("hold-clock").dataset.long = String(ms >= LONG_MS);
  if (ms < LONG_MS || told === since) return;
  told = since;
  notice(_("市民已保持一分钟：请按 F6 恢复，向他说明还要多久"));
}

for (const [id, what] of [["swap", "swap"], ["three", "three-way"], ["complete", "complete"], ["cancel", "cancel"]]) {
  find(`consult-${id}`).addEventListener("click", () => act(`/desk/consult/${what}`, { call: picture.call.id }));
}
find("outside-end").addEventListener("click", () => act("/desk/three-way/end", {}));
document.addEventListener("live:talk-moved", ({ detail }) => {
  if (ENDS[detail.consult]) notice(ENDS[detail.consult]);
  if (OUTSIDE_ENDS[detail.outside]) notice(OUTSIDE_ENDS[detail.outside]);
});
find("hold").addEventListener("click", () => {
  const { call } = picture;
  act(call.held_since ? "/desk/resume" : "/desk/hold", { call: call.id });
});
setInterval(tick, 500);
