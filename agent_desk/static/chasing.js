// The citizen calls about a ticket that is on its way: it is urged, and no second one is written.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { notice } from "./notices.js";
import { anchor, button, find } from "./pieces.js";

const form = find("ticket");
let drawn = null;
// What becomes of the form once the server has answered.
let takes = null;
let underWay = false;

export function onAnswer(act) { takes = act; }

export function drawChase(ticket) {
  drawn = ticket;
  const draft = ticket?.state === "draft";
  const same = draft ? ticket.open_tickets.find((one) => one.same) : null;
  find("chase").hidden = !same;
  find("chase").title = same?.summary ?? "";
  find("chase-number").textContent = same?.number ?? "";
  find("chased").hidden = !ticket?.chased;
  if (ticket?.chased) find("chased-as").replaceChildren(_("本次来电已作为催办记入工单 "), anchor(ticket.chased.number, ticket.chased.url), _("，不另建诉求单"));
}

// Beside a ticket that may be the one he means, too.
export function urges(one) { return one.may_urge && !one.same ? [" ", button(_("催办"), () => urge(one), "small")] : []; }

async function urge(one) {
  // What he added stands in the form, for the agent to read before it is kept.
  await post("chases", { number: one.number, words: form.elements.summary.value });
}

async function post(what, body) {
  if (underWay || !drawn) return;
  underWay = true;
  try {
    takes(await send(`/calls/${drawn.call}/ticket/${what}`, body));
  } catch (error) {
    notice(error.message);
  }
  underWay = false;
}

find("chase").addEventListener("click", () => urge(drawn.open_tickets.find((one) => one.same)));
find("take-up").addEventListener("click", () => post("own", {}));
