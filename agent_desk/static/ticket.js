// The ticket form: saves itself, never overwrites what the agent typed, shows where a value came from.

import { ask, send } from "/static/live.js";

const SAVE_AFTER_MS = 800;
const form = document.getElementById("ticket");
const saved = document.getElementById("saved");
const missing = document.getElementById("missing");

let call = null;
let dirty = new Set();
let timer = null;
let submitted = false;

export function current() { return { call, submitted }; }

export async function open(callId) {
  if (call === callId) return;
  await flush();
  call = callId;
  dirty = new Set();
  submitted = false;
  form.reset();
  form.hidden = false;
  document.getElementById("ticket-empty").hidden = true;
  saved.textContent = "";
  missing.replaceChildren();
  await refresh();
}

export async function close() {
  await flush();
  call = null;
  form.hidden = true;
  document.getElementById("ticket-empty").hidden = false;
  document.getElementById("ticket-number").textContent = "";
}

// What the software filled in meanwhile; fields the agent is in, or has changed, stay as they are.
export async function refresh() {
  if (call === null || submitted) return;
  draw(await ask(`/calls/${call}/ticket`));
}

export async function submit() {
  if (call === null || submitted) return false;
  clearTimeout(timer);
  missing.replaceChildren();
  for (const label of form.querySelectorAll("[data-missing]")) delete label.dataset.missing;
  try {
    draw(await send(`/calls/${call}/ticket/submit`, typed(dirty)));
    dirty.clear();
    return true;
  } catch (error) {
    const wrong = Object.entries(error.said?.missing ?? { "": error.message });
    missing.replaceChildren(...wrong.map(([, words]) => Object.assign(document.createElement("li"), { textContent: words })));
    for (const [name] of wrong) form.elements[name]?.closest("label")?.setAttribute("data-missing", "");
    form.elements[wrong[0][0]]?.focus();
    return false;
  }
}

function draw(ticket) {
  for (const [name, value] of Object.entries(ticket.fields)) {
    const field = form.elements[name];
    if (!field || dirty.has(name) || field === document.activeElement) continue;
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value ?? "";
    const origin = ticket.origins[name];
    const label = field.closest("label");
    label.dataset.by = origin?.by ?? "";
    const source = label.querySelector("small");
    if (source) source.textContent = origin?.sentence ? `依据：“${origin.sentence}”` : "";
    label.classList.toggle("required", ticket.required.includes(name));
  }
  submitted = ticket.state !== "draft";
  for (const field of form.elements) field.disabled = submitted;
  document.getElementById("ticket-number").textContent = submitted ? `${ticket.number} · 查询码 ${ticket.query_code}` : "";
  if (submitted) saved.textContent = "已提交，短信已交发";
  const duplicate = document.getElementById("duplicate");
  duplicate.hidden = ticket.open_tickets.length === 0;
  duplicate.textContent = ticket.open_tickets.length ? `该市民有在办工单 ${ticket.open_tickets.map((one) => one.number).join("、")}，若为同一事项请勿重复建单` : "";
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
  if (call === null || submitted || dirty.size === 0) return;
  const names = new Set(dirty);
  saved.textContent = "正在保存…";
  try {
    const ticket = await send(`/calls/${call}/ticket`, typed(names));
    for (const name of names) dirty.delete(name);
    draw(ticket);
    saved.textContent = `草稿已保存 ${new Date().toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" })}`;
  } catch (error) {
    saved.textContent = `未保存：${error.message}`;
    timer = setTimeout(flush, 5000);
  }
}

form.addEventListener("input", ({ target }) => {
  dirty.add(target.name);
  const label = target.closest("label");
  label.dataset.by = "agent";
  delete label.dataset.missing;
  const source = label.querySelector("small");
  if (source) source.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(flush, SAVE_AFTER_MS);
});
window.addEventListener("pagehide", flush);
