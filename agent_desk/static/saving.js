// How what was typed into the ticket form gets to the server, also after its citizen has left the desk.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { notice } from "./notices.js";

const AGAIN_S = [1, 2, 4, 8, 15, 30];
// Nothing was wrong with what was sent: the same may be taken later.
const MAY_PASS = [401, 408, 429];
// Call by call, what was typed last and is not known to be saved.
const left = new Map();

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

async function deliver(call, failures) {
  const sent = left.get(call);
  if (!sent) return;
  try {
    await send(`/calls/${call}/ticket`, sent);
  } catch (error) {
    if (passes(error)) return setTimeout(() => deliver(call, failures + 1), 1000 * pause(failures));
    notice(_("上一通电话的诉求单未保存：%(why)s", { why: error.message }));
  }
  if (left.get(call) === sent) left.delete(call);
}

addEventListener("pagehide", () => { for (const [call, typed] of left) send(`/calls/${call}/ticket`, typed).catch(() => {}); });
