// The server's picture of this desk: asked for until it is had, given to whoever draws a part of it.

import { ask, send } from "/static/live.js";
import { _ } from "/static/words.js";
import { insist, notice } from "./notices.js";

// An offer rings 12 s: what was not fetched is asked for again while there is time to answer.
const AGAIN_MS = [300, 600, 1200, 2400, 3000];
const ANSWER_WITHIN_MS = 4000;
const KEPT = "desk";

// A reloaded tab is the same desk; while it is open nothing is kept, so that its copy is another.
export const desk = sessionStorage.getItem(KEPT) ?? crypto.randomUUID();
sessionStorage.removeItem(KEPT);
addEventListener("pagehide", () => sessionStorage.setItem(KEPT, desk));

export let picture = null;
let skew = 0;
// Questions are numbered as they are asked; answers may come in another order.
let asked = 0;
let drawn = 0;
let looking = 0;

export function serverTime() { return Date.now() + skew; }

function show(next, mine) {
  drawn = mine;
  picture = next;
  skew = Date.parse(next.now) - Date.now();
  document.dispatchEvent(new CustomEvent("picture"));
}

// Whose matter the desk shows: in hand, ringing again, or lost and perhaps coming back; in wrap-up
// whoever it was.  Once that is over, or somebody else rings, nothing of him stays in sight.
export function stays(shown, { call, offer, lost, seat }) {
  const now = call ?? offer?.call;
  if (now) return now.id === shown;
  return lost?.call === shown || seat.activity !== "idle";
}

export function drawing(draw) { document.addEventListener("picture", () => draw(picture)); }

export async function refresh() {
  const mine = looking = ++asked;
  const wanted = () => mine === looking && mine > drawn;
  for (let failed = 0; wanted(); failed += 1) {
    try {
      const next = await within(ask(`/desk/state?desk=${desk}`), ANSWER_WITHIN_MS);
      if (wanted()) show(next, mine);
      if (failed) notice(_("画面已更新"));
      return;
    } catch (error) {
      if (!wanted()) return;
      if (signedOut(error)) return;
      notice(_("没有取到最新来电，正在重试；若持续出现，请检查网络或刷新页面"));
      await new Promise((go) => setTimeout(go, AGAIN_MS[Math.min(failed, AGAIN_MS.length - 1)]));
    }
  }
}

// Do something and draw what became of it; raises what the server said.  What was asked meanwhile may
// have been answered before or after it was done: nobody can tell, so it is asked once more.
export async function ordered(url, body = {}) {
  const mine = ++asked;
  const next = await send(url, { desk, ...body });
  if (mine > drawn) show(next, mine);
  if (looking > mine) refresh();
}

// The same; a refusal is told, and what is so is fetched.
export async function act(url, body = {}) {
  try {
    await ordered(url, body);
    return true;
  } catch (error) {
    if (signedOut(error)) return false;
    notice(error.message);
    await refresh();
    return false;
  }
}

// A session that is over is told; a talk goes on, as long as its voice does.
export function signedOut(error) {
  if (error.status !== 401) return false;
  const talks = document.documentElement.dataset.talk === "goes on";
  insist(talks ? _("登录已过期，通话不受影响；请") : _("登录已过期；请"), "/sign-in?next=/desk", _("重新登录"));
  return true;
}

function within(answer, ms) {
  return Promise.race([answer, new Promise((resolve, fail) => setTimeout(() => fail(new Error(_("服务器没有答复"))), ms))]);
}
