// The ticket form: saves itself, never overwrites what the agent typed, shows where a value came from.

import { ask, send } from "/static/live.js";
import { _ } from "/static/words.js";
import { drawChase, onAnswer } from "./chasing.js";
import { drawMatters } from "./matters.js";
import { notice } from "./notices.js";
import { chosen, drawAsked } from "./outcome.js";
import { anchor, clock, find, holdsFocus, item, text } from "./pieces.js";
import { refresh as redraw } from "./picture.js";
import { forget, keep, keptWhereSignedOut, passes, pause, reason, saveLeft } from "./saving.js";
import { citizenLeft, drawSubmitted } from "./submitted.js";

const SAVE_AFTER_MS = 800;
// Also of who types without a pause: in wrap-up each save gives him time.
const SAVE_AT_LATEST_MS = 5000;
// The call is somebody else's now, or there is none.
const NOT_MINE = [403, 404];
const SUBMITTED_ALREADY = 409;
const form = find("ticket");

let call = null;
let dirty = new Set();
let timer = null;
// Since when something typed is to be saved.
let unsavedSince = null;
let failures = 0;
let submitted = false;
let gone = false;
let signedOut = false;
let wrapping = false;
// Somebody filled a field or said a word: else no draft waits for him.
let begun = false;
// What was sent last; it may still be under way.
let sending = null;
// The submit among them, until its answer is here.
let underWay = null;
// Questions are numbered as they are asked; answers may come in another order.
let asked = 0;
let drawn = 0;

// By the key: as if he had clicked it.
export function markMinor() {
  if (isOpen()) form.elements.minor.click();
}

export function isOpen() { return call !== null && !submitted && !form.hidden; }

export function shown() { return call; }

// The call in hand, whose ticket is on the page; a call about an older ticket begins none.
export async function about(inHand, seat) {
  const older = inHand.about;
  wrapping = seat.activity === "wrap_up";
  citizenLeft(wrapping);
  if (older) leave();
  find("ticket-about").hidden = !older;
  if (older) find("ticket-about").replaceChildren(_("本次外呼是就工单 "), anchor(older.number, older.url), _(" 回拨，不另建诉求单"));
  find("ticket-empty").hidden = true;
  if (older) return;
  if (inHand.direction !== "out" || seat.activity !== "idle") await open(inHand.id);
}

async function open(callId) {
  if (call === callId && !gone) return;
  const cameBack = call === callId;
  const saved = leave();
  call = callId;
  form.hidden = false;
  find("ticket-empty").hidden = true;
  drawKeys();
  // Who types somewhere goes on typing there.
  if (document.activeElement === document.body) form.focus();
  if (cameBack) await saved;
  await refresh();
}

// The desk is emptied of its citizen at once; what he typed for him and is not saved yet is saved all
// the same, and a ticket that was not submitted is found again as a draft.
export async function leave() {
  const mine = call;
  const words = call !== null && !submitted && dirty.size ? typed(dirty) : null;
  const draft = isOpen() && wrapping && !gone && (begun || dirty.size > 0);
  const [saving, submitting] = [sending, underWay];
  const left = call !== null;
  blank();
  // A submit that is under way takes the same words: only where it fails is there a draft.
  const ticket = await submitting?.catch(() => null);
  if (ticket) notice(_("诉求单已提交：%(number)s", { number: ticket.number }));
  const unsaved = words && !ticket ? saveLeft(mine, words, saving) : null;
  if (draft && !ticket) notice(_("诉求单未提交，已存为草稿，可在“我的通话”中填写"));
  await unsaved;
  if (left) document.dispatchEvent(new CustomEvent("left"));
}

function blank() {
  clearTimeout(timer);
  call = sending = underWay = unsavedSince = null;
  dirty = new Set();
  submitted = gone = wrapping = signedOut = begun = false;
  failures = 0;
  form.reset();
  drawAsked();
  form.hidden = true;
  find("submit-row").hidden = false;
  lock();
  for (const label of form.querySelectorAll("label")) {
    for (const mark of ["by", "missing", "required"]) delete label.dataset[mark];
    tellSource(label, "");
  }
  for (const id of ["missing", "ticket-number", "query-code"]) find(id).replaceChildren();
  for (const id of ["ticket-done", "ticket-about", "duplicate"]) find(id).hidden = true;
  find("ticket-empty").hidden = false;
  drawChase(null);
  tell("");
  drawKeys();
}

// What the software filled in meanwhile; fields the agent is in, or has changed, stay as they are.
async function refresh() {
  if (!isOpen() || gone) return;
  const mine = call;
  const turn = ++asked;
  try {
    const ticket = await ask(`/calls/${mine}/ticket`);
    if (mine === call) drawInTurn(ticket, turn);
  } catch (error) {
    if (mine === call) tell(_("诉求单没有取到：%(why)s", { why: reason(error) }), "failed");
  }
}

// Something asked later is drawn already: this answer is older than that, so a new one is due.
function drawInTurn(ticket, turn) {
  if (turn < drawn) return void refresh();
  drawn = turn;
  draw(ticket);
}

// The number of the ticket, when it is submitted and still on the desk.
export async function submit() {
  if (!isOpen() || underWay) return null;
  const mine = call;
  const at = document.activeElement;
  clearTimeout(timer);
  find("missing").replaceChildren();
  for (const label of form.querySelectorAll("[data-missing]")) delete label.dataset.missing;
  tell(_("正在提交…"));
  try {
    sending = underWay = send(`/calls/${mine}/ticket/submit`, { ...typed(dirty), ...chosen() });
    // What was typed from here on would go neither with the ticket nor into a draft.
    lock();
    const ticket = await sending;
    forget(mine);
    document.dispatchEvent(new CustomEvent("submitted"));
    if (mine !== call) return null;
    underWay = null;
    dirty.clear();
    failures = 0;
    drawn = ++asked;
    draw(ticket);
    return ticket.number;
  } catch (error) {
    if (mine !== call) return null;
    underWay = null;
    signedOut = keptWhereSignedOut(error, call, typed(dirty));
    lock();
    if (document.activeElement === document.body) at?.focus();
    if (passes(error)) again(submit, _("未提交：%(why)s", { why: reason(error) }));
    else await refused(error);
    return null;
  }
}

// What is wrong stays wrong until he changes it: it is said, and not sent again by itself.
async function refused(error) {
  if (error.status === SUBMITTED_ALREADY) {
    dirty.clear();
    await refresh();
  }
  complain(Object.entries(error.said?.missing ?? { "": error.message }));
  tell(error.said?.missing ? _("未提交：请补全下面列出的必填项") : _("未提交：%(why)s", { why: error.message }), "failed");
  // The draft is saved all the same, but not what was refused as such.
  if (error.said?.missing) timer = setTimeout(flush, SAVE_AFTER_MS);
}

// The same once more, after a longer and longer pause that he can read.
function again(act, what) {
  const seconds = pause(failures++);
  tell(_("%(what)s；%(seconds)s 秒后自动重试", { what, seconds }), "waiting");
  clearTimeout(timer);
  timer = setTimeout(act, 1000 * seconds);
}

function tell(words, state = "") {
  find("saved").textContent = words;
  find("saved").dataset.state = state;
}

// In the order of the form, whatever order they came in.
function complain(answer) {
  const places = [...form.elements];
  const wrong = answer.toSorted(([one], [other]) => places.indexOf(form.elements[one]) - places.indexOf(form.elements[other]));
  find("missing").replaceChildren(...wrong.map(([name, words]) => item(form.elements[name] ? Object.assign(anchor(words, `#${name}`), { target: "" }) : words)));
  for (const [name] of wrong) form.elements[name]?.closest("label")?.setAttribute("data-missing", "");
  form.elements[wrong[0][0]]?.focus();
}

function draw(ticket) {
  // Asked for before it was submitted, answered after: a ticket does not become a draft again.
  if (submitted && ticket.state === "draft") return;
  for (const [name, value] of Object.entries(ticket.fields)) drawField(form.elements[name], name, value, ticket);
  submitted = ticket.state !== "draft";
  begun = ticket.begun;
  lock();
  drawSubmitted(ticket);
  find("submit-row").hidden = submitted;
  if (submitted && !ticket.chased) tell(ticket.texted ? _("已提交，短信已交发") : _("已提交"));
  drawMatters(ticket);
  drawKeys();
}

// Its call was about another ticket, or is about one of its own after all: what was typed meanwhile is
// drawn with it, or goes with the next save.
function turned(ticket) {
  if (ticket.call !== call) return;
  submitted = false;
  if (ticket.chased) dirty.clear();
  drawn = ++asked;
  tell("");
  draw(ticket);
  redraw();
}

function lock() {
  for (const field of form.elements) field.disabled = submitted || underWay !== null;
}

// F9 submits while there is something to submit, and completes the wrap-up when there is not.
function drawKeys() {
  find("submit-key").hidden = !isOpen();
  find("wrapped-key").hidden = isOpen();
}

function drawField(field, name, value, ticket) {
  if (!field || dirty.has(name) || holdsFocus(field)) return;
  if (field.type === "checkbox") field.checked = Boolean(value);
  else field.value = value ?? "";
  if (value) satisfy(field);
  const origin = ticket.origins[name];
  const label = field.closest("label");
  label.dataset.by = origin?.by ?? "";
  tellSource(label, origin?.sentence ? _("依据：“%(sentence)s”", { sentence: origin.sentence }) : "");
  label.dataset.required = ticket.state === "draft" && ticket.required.includes(name) ? _("必填") : "";
}

// Cut off where it is too long; in full beside the field that he is in.
function tellSource(label, words) {
  label.querySelector("small")?.replaceChildren(...(words ? [text("span", words)] : []));
}

// It was missing when he tried to submit; the complaint goes with the lack.
function satisfy(field) {
  delete field.closest("label").dataset.missing;
  find("missing").querySelector(`[href="#${field.id}"]`)?.closest("li").remove();
}

function typed(names) {
  const body = {};
  for (const name of names) {
    const field = form.elements[name];
    body[name] = field.type === "checkbox" ? field.checked : field.value || (name === "urgency" ? "normal" : null);
  }
  return body;
}

async function flush() {
  clearTimeout(timer);
  unsavedSince = null;
  if (call === null || submitted || underWay || gone || dirty.size === 0) return;
  const mine = call;
  const turn = ++asked;
  const names = new Set(dirty);
  const sent = typed(names);
  tell(_("正在保存…"));
  try {
    sending = send(`/calls/${mine}/ticket`, sent);
    const ticket = await sending;
    if (mine !== call || submitted || underWay) return;
    // What was typed while it was on its way is not saved yet.
    const now = typed(names);
    for (const name of names) if (now[name] === sent[name]) dirty.delete(name);
    // Whatever was asked before this answer does not know of it.
    drawInTurn(ticket, turn < drawn ? turn : ++asked);
    failures = 0;
    signedOut = false;
    forget(mine);
    tell(_("草稿已保存 %(time)s", { time: clock(Date.now()) }));
    // The mark and the end of the wrap-up stand in the call bar, too.
    if ("minor" in sent || wrapping) redraw();
  } catch (error) {
    if (mine === call && !submitted && !underWay) notSaved(error);
  }
}

async function notSaved(error) {
  signedOut = keptWhereSignedOut(error, call, typed(dirty));
  gone = NOT_MINE.includes(error.status);
  if (gone) return tell(_("这通电话已不在您手中：已保存的草稿随通话转交"), "failed");
  if (passes(error)) return again(flush, _("未保存：%(why)s", { why: reason(error) }));
  if (error.status === SUBMITTED_ALREADY) {
    dirty.clear();
    await refresh();
  }
  tell(_("未保存：%(why)s", { why: error.message }), "failed");
}

form.addEventListener("input", ({ target }) => {
  // What becomes of it is sent with the submit, and is no part of the draft.
  if (!target.name) return;
  dirty.add(target.name);
  const label = target.closest("label");
  label.dataset.by = "agent";
  satisfy(target);
  tellSource(label, "");
  clearTimeout(timer);
  unsavedSince ??= Date.now();
  timer = setTimeout(flush, Math.min(SAVE_AFTER_MS, Math.max(0, unsavedSince + SAVE_AT_LATEST_MS - Date.now())));
});
onAnswer(turned);
document.addEventListener("live:open", refresh);
document.addEventListener("live:words", ({ detail }) => { if (detail.call === call) refresh(); });
document.addEventListener("live:ticket-filled", ({ detail }) => { if (detail.call === call) refresh(); });
addEventListener("online", () => { if (failures) flush(); });
addEventListener("pagehide", () => (signedOut && dirty.size ? keep(call, typed(dirty)) : flush()));
