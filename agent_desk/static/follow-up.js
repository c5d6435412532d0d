// Of a citizen who wanted a person in a follow-up call: what it is about, and the questions.  The
// server writes the panel; here it is put in its place and its form is sent.  What was written down
// and not saved yet outlives the call and its wrap-up.

import { _ } from "/static/words.js";
import { button, find, text } from "./pieces.js";
import { drawing, signedOut, stays } from "./picture.js";
import { notice } from "./notices.js";
import { reason } from "./saving.js";

// Somebody was faster; the panel says so.
const TAKEN = 409;
const place = find("follow-up");

drawing((next) => {
  for (const panel of place.querySelectorAll("section")) drawLeft(panel, !stays(Number(panel.dataset.call), next));
  const call = next.call;
  if (call?.follow_up && !place.querySelector(`[data-call="${call.id}"]`)) open(call);
});

async function open(call) {
  const panel = text("section", "", "stack");
  panel.dataset.call = call.id;
  panel.who = call.number;
  place.prepend(panel);
  try {
    panel.innerHTML = (await fetched(call.follow_up)).html;
  } catch (error) {
    // With the next picture it is asked for again.
    panel.remove();
    if (!signedOut(error)) notice(_("回访内容没有取到：%(why)s；也可在“回访”页查看", { why: reason(error) }));
  }
  drawPlace();
}

// Only what is finished goes with its citizen.
function drawLeft(panel, left) {
  if (left && !isDirty(panel)) return close(panel);
  if (left === Boolean(panel.querySelector(".left-over"))) return;
  if (!left) {
    panel.querySelector(".left-over").remove();
    return drawPlace();
  }
  const bar = text("p", _("与 %(who)s 的通话已结束，回访还没有保存：请答完后点“保存结果”", { who: panel.who }), "caution left-over");
  bar.append(" ", button(_("不保存"), () => close(panel), "small"));
  panel.prepend(bar);
  drawPlace();
  notice(_("回访还没有保存，已留在页面上"));
}

function close(panel) {
  panel.remove();
  drawPlace();
}

// Below the ticket of whoever is on the desk now, if it is about others only.
function drawPlace() {
  place.hidden = !place.querySelector("section > *");
  place.toggleAttribute("data-left", [...place.children].every((panel) => panel.querySelector(".left-over")));
}

function isDirty(panel) { return "dirty" in panel.dataset; }

// Raises what the server said; a page that is no panel, such as the one to sign in, is not taken for one.
async function fetched(url, options = {}) {
  const got = await fetch(url, { headers: { Accept: "application/json" }, ...options });
  if (got.redirected) throw Object.assign(new Error(_("登录已过期，请重新登录")), { status: 401 });
  const html = got.headers.get("Content-Type")?.startsWith("text/html");
  if (html && (got.ok || got.status === TAKEN)) return { html: await got.text(), taken: !got.ok };
  const said = await got.json().catch(() => null);
  throw Object.assign(new Error(said?.error ?? `${got.status}`), { status: got.status });
}

async function save(form, panel) {
  const body = new FormData(form);
  // What was written from here on would not be sent.
  form.inert = true;
  try {
    const { html, taken } = await fetched(form.action, { method: "POST", body });
    const left = panel.querySelector(".left-over");
    panel.innerHTML = html;
    // Refused, and still to be answered: what was written stands where it stood.
    const again = taken && panel.querySelector("form");
    if (again) {
      again.replaceWith(form);
      if (left) panel.prepend(left);
      return;
    }
    delete panel.dataset.dirty;
    if (!taken) notice(_("回访结果已保存"));
    if (left && !taken) close(panel);
  } catch (error) {
    if (!signedOut(error)) notice(_("回访未保存：%(why)s", { why: reason(error) }));
  } finally {
    form.inert = false;
  }
}

place.addEventListener("input", ({ target }) => { target.closest("section").dataset.dirty = ""; });
place.addEventListener("submit", (event) => {
  event.preventDefault();
  save(event.target, event.target.closest("section"));
});
addEventListener("beforeunload", (event) => { if (place.querySelector("[data-dirty]")) event.preventDefault(); });
