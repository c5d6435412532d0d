// What stands on the desk of a ticket that is submitted: its number, the query code while this page
// has it, and how the citizen gets the code once it has not.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { find } from "./pieces.js";
import { notice } from "./notices.js";

const TOLD = {
  texted: { left: _("通话已结束：工单号和查询码已交发短信，不必再告知。"), shown: _("请告诉市民；工单号和查询码同时以短信发送。查询码只在此时显示一次。"), gone: _("查询码只显示一次，已随短信发给市民；市民没有收到的，可以重发短信。") },
  spared: { left: _("通话已结束：为保护未成年人没有发短信，也不要回拨。查询码只在此时显示一次。"), shown: _("为保护未成年人不发短信：请问清方便，再口头告知。查询码只在此时显示一次。"), gone: _("查询码只显示一次，这里不再显示；为保护未成年人没有发短信。") },
  landline: { left: _("通话已结束，座机收不到短信：请在“我的通话”中回拨，告知工单号和查询码。查询码只在此时显示一次。"), shown: _("请告诉市民：座机收不到短信，没有发送。查询码只在此时显示一次。"), gone: _("查询码只显示一次，这里不再显示；座机收不到短信，没有发送。市民要查进度，请他来电报工单号，由座席查询。") },
  silent: { left: _("通话已结束，来电未显示号码：无法发短信，也无法回拨。他再来电时，由座席按姓名、地址或诉求内容查询。"), shown: _("请告诉市民：来电未显示号码，没有发短信。查询码只在此时显示一次。"), gone: _("查询码只显示一次，这里不再显示；来电未显示号码，没有发短信。市民要查进度，请他来电报工单号，由座席查询。") },
};
let call = null;
// The code that this page was told, and of which call: who was lost and comes back finds it again.
let told = {};
// The ticket that is drawn, and whether the talk is over: its citizen can be told nothing any more,
// whoever ended it, also while he rates it.
let drawn = null;
let left = false;

export function citizenLeft(now) {
  if (now === left) return;
  left = now;
  if (drawn) drawSubmitted(drawn);
}

export function drawSubmitted(ticket) {
  drawn = ticket;
  const submitted = ticket.state !== "draft" && !ticket.chased;
  call = ticket.call;
  find("ticket-done").hidden = !submitted;
  find("ticket-number").textContent = ticket.number ?? "";
  // Told once, when the ticket gets it; a page that is loaded again does not have it.
  if (ticket.query_code) told = { call, code: ticket.query_code };
  const shown = submitted && told.call === call;
  find("query-code").textContent = shown ? told.code : "";
  find("query-code-line").hidden = !shown;
  find("ticket-told").textContent = TOLD[ticket.spared ? "spared" : ticket.texted ? "texted" : ticket.landline ? "landline" : "silent"][shown ? (left ? "left" : "shown") : "gone"];
  find("text-again").hidden = shown || !ticket.texted;
}

async function textAgain() {
  find("text-again").disabled = true;
  try {
    await send(`/calls/${call}/ticket/texts`);
    notice(_("短信已重新交发"));
  } catch (error) {
    notice(error.message);
  }
  find("text-again").disabled = false;
}

find("text-again").addEventListener("click", textAgain);
