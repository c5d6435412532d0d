// How what was typed into the ticket form gets to the server, also after its citizen has left the desk.

import { send } from "/static/live.js";
import { KEPT, whose } from "/static/unsaved.js";
import { _ } from "/static/words.js";
import { notice } from "./notices.js";

const AGAIN_S = [1, 2, 4, 8, 15, 30];
// Nothing was wrong with what was sent: the same may be taken later.
const MAY_PASS = [401, 408, 429];
const SESSION_OVER = [400, 401];
// Call by call, what was typed last and is not known to be saved.
const left = new Map();

// The same while nobody is signed in, in this tab: until he is back, signs out here, or another signs in.
function kept() {
  const { by, calls } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  return by === whose ? calls : {};
}

export function keep(call, typed) {
  const calls = kept();
  sessionStorage.setItem(KEPT, JSON.stringify({ by: whose, calls: { ...calls, [call]: { ...calls[call], ...typed } } }));
}

// Whoever signs in again in this tab, or loads a page anew that another signing in has outdated, finds
// what he has typed.
export function keptWhereSignedOut({ status }, call, typed) {
  const over = SESSION_OVER.includes(status);
  if (over) keep(call, typed);
  return over;
}

export function forget(call) {
  const { [call]: _saved, ...others } = kept();
  if (Object.keys(others).length) sessionStorage.setItem(KEPT, JSON.stringify({ by: whose, calls: others }));
  else sessionStorage.removeItem(KEPT);
}

// Before the form is filled: what he types from then on must stand.
export async function restore() {
  const calls = Object.entries(kept());
  for (const [call, typed] of calls) left.set(Number(call), typed);
  await Promise.all(calls.map(([call]) => deliver(Number(call), 0, true)));
}

export function passes({ status }) { return !status || status >= 500 || MAY_PASS.includes(status); }

export function reason(error) { return error.status ? error.message : _("网络不通"); }

// Longer and longer.
export function pause(failures) { return AGAIN_S[Math.min(failures, AGAIN_S.length - 1)]; }

// Not before what is under way for the same ticket has ended: the later word must stand.
export async function saveLeft(call, typed, before) {
  left.set(call, { ...left.get(call), ...typed });
  await before?.catch(() => {});
  await deliver(call, 0);
}

async function deliver(call, failures, loadedAnew = false) {
  const sent = left.get(call);
  if (!sent) return;
  let waits = false;
  try {
    await send(`/calls/${call}/ticket`, sent);
  } catch (error) {
    // On a page of this moment nothing is outdated: what is refused here is refused for what it says.
    waits = !loadedAnew && keptWhereSignedOut(error, call, sent);
    if (passes(error)) return setTimeout(() => deliver(call, failures + 1), 1000 * pause(failures));
    notice(_("上一通电话的诉求单未保存：%(why)s", { why: error.message }));
  }
  if (left.get(call) !== sent) return;
  left.delete(call);
  if (!waits) forget(call);
}

addEventListener("pagehide", () => { for (const [call, typed] of left) send(`/calls/${call}/ticket`, typed).catch(() => {}); });
