// What the carrier does: live legs, every webhook with its document, faults on purpose.

import { pretty } from "/static/markup.js";
import { t } from "/static/words.js";

const MOST_LINES = 1000, SHOWN = 150, REDRAW_MS = 150;
const CHANCES = new Set(["drop", "double", "late", "document_drop", "document_late", "rest"]);
// What each switch touches stands above it.
const FAULTS = [
  ["on_reports", ["drop", "double", "late", "shuffle_seconds"]],
  ["on_documents", ["document_drop", "document_late"]],
  ["on_rest", ["rest", "rest_kind"]],
  ["on_how", ["late_seconds", "only_paths", "seed"]],
];
const NAMED = { only_paths: "only" };
const CLOCK = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const KINDS = ["429", "500", "timeout", "unanswered", "broken"];
const TELLING = ["StatusCallbackEvent", "TranscriptionEvent", "RecordingStatus", "QueueResult", "DialCallStatus", "Digits", "SpeechResult", "QueuePosition", "CallStatus"];
const find = (id) => document.getElementById(id);

// What each leg was answered last at each address.
const before = new Map();
// The carrier was away: what it told meanwhile is not known here.
let missed = false;
let entries = [], only = "", paused = false, chosen = null, drawing = 0;
// Lines once made stay: the one under the pointer must not be exchanged while it is clicked.
let rows = new WeakMap();

function element(tag, text = "", more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

// Nothing while the carrier is away, which the page says by itself.
export async function got(path) {
  try {
    return await (await fetch(path)).json();
  } catch {
    return null;
  }
}

export function caption(list, words, kind, most) {
  const item = element("li", words, { className: kind });
  list.append(item);
  while (list.children.length > most) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}

// The log

function wrong(entry) {
  if (entry.code) return !entry.warning;
  return entry.sound === 0 && !(entry.status >= 200 && entry.status < 400);
}

// Sound that is played, and a document that is the same again: hundreds while one caller waits.
function routine(entry) {
  if (entry.code || !entry.url || wrong(entry)) return false;
  if (entry.sound || (entry.method === "GET" && !entry.body?.includes("<Response"))) return true;
  const key = `${entry.leg} ${new URL(entry.url, location.href).pathname}`, same = before.get(key) === entry.body;
  before.set(key, entry.body);
  return same && Boolean(entry.body?.includes("<Response"));
}

function verbs(body) {
  if (!body?.includes("<Response")) return "";
  const parsed = new DOMParser().parseFromString(body, "text/xml");
  return [...parsed.documentElement.children].map((one) => one.children.length && one.tagName !== "Say" ? `${one.tagName}(${[...one.children].map((child) => child.tagName).join(" ")})` : one.tagName).join(" ");
}

function row(entry) {
  const line = document.createElement("tr");
  line.className = entry.code ? "note" : wrong(entry) ? "bad" : "";
  line.tabIndex = 0;
  const url = entry.url ? new URL(entry.url, location.href) : null, path = url ? url.pathname + url.search : "";
  line.append(element("td", CLOCK.format(new Date(entry.at)), { className: "t" }));
  const leg = element("td", "", { className: "leg" });
  if (entry.leg) leg.append(tag(entry.leg));
  line.append(leg);
  if (entry.code) {
    line.append(element("td", `${t("note")} ${entry.code}　${entry.words}`, { colSpan: 4 }));
  } else {
    const request = element("td", "", { title: entry.url });
    const name = TELLING.find((key) => entry.params[key]);
    request.append(element("b", entry.method === "POST" ? "" : `${entry.method} `), path, element("i", name ? ` ${entry.params[name]}` : ""));
    const result = entry.fault.lost && !entry.status ? "" : wrong(entry) ? `✕ ${t(entry.status ?? "pending")} ${t("failed")}` : `${entry.status}`;
    const told = element("td", result + (entry.attempt ? ` ${t("attempt", entry.attempt + 1)}` : ""));
    for (const mark of marks(entry.fault)) told.append(" ", element("b", `⚠ ${mark}`, { className: "fault", title: t("by_fault") }));
    const answer = entry.sound ? `♪ ${Math.round(entry.sound / 1000)} kB` : verbs(entry.body);
    line.append(request, element("td", answer, { title: answer }), told, element("td", entry.ms, { className: "n" }));
  }
  const choose = () => { chosen = entry; detail(); draw(); };
  line.addEventListener("click", choose);
  line.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(); });
  return line;
}

// What a fault switch did to it.
function marks({ lost, doubled, late }) {
  return [lost && t("was_lost"), doubled && t("was_doubled"), late > 0 && t("was_late", late.toFixed(1))].filter(Boolean);
}

// A leg by its last signs, in a colour of its own; a click shows it alone.
function tag(sid) {
  const hue = parseInt(sid.slice(-4), 16) % 360;
  const button = element("button", sid.slice(-5), { className: "tag", title: sid });
  button.style.setProperty("--hue", hue);
  button.addEventListener("click", (event) => { event.stopPropagation(); show(only === sid ? "" : sid); });
  return button;
}

function show(sid) {
  only = sid;
  find("only").hidden = !sid;
  find("only").textContent = sid ? `${t("only_this")} ${sid.slice(-5)} ✕` : "";
  draw();
}

function block(title, content) {
  const box = document.createElement("section"), head = element("h3", title), copy = element("button", t("copy"));
  copy.addEventListener("click", () => navigator.clipboard.writeText(content.innerText ?? content.textContent));
  head.append(copy);
  box.append(head, content);
  return box;
}

function detail() {
  if (!chosen) return find("detail").replaceChildren(element("p", t("choose"), { className: "empty" }));
  if (chosen.code) return find("detail").replaceChildren(block(`${t("note")} ${chosen.code}`, element("pre", `${chosen.words}\n${chosen.url}`)));
  const fields = document.createElement("dl");
  for (const [name, value] of Object.entries(chosen.params)) if (value) fields.append(element("dt", name), element("dd", value));
  const place = element("p", `${chosen.method} ${chosen.url}`, { className: "place" });
  find("detail").replaceChildren(place, block(`${t("answered")} · ${t(chosen.status ?? "pending")} · ${chosen.ms} ms`, pretty(chosen.body, t("nothing"))), block(t("asked"), fields));
}

function draw() {
  if (drawing) return;
  drawing = setTimeout(() => {
    drawing = 0;
    const wanted = find("filter").value.trim().toLowerCase(), errors = find("wrong").checked, folded = find("routine").checked;
    const fits = (entry) => (!folded || !entry.routine) && (!only || entry.leg === only) && (!errors || wrong(entry)) && (!wanted || JSON.stringify(entry).toLowerCase().includes(wanted));
    const shown = entries.filter(fits).slice(-SHOWN).reverse();
    find("log").replaceChildren(...shown.map((entry) => {
      if (!rows.has(entry)) rows.set(entry, row(entry));
      rows.get(entry).classList.toggle("chosen", entry === chosen);
      return rows.get(entry);
    }));
    find("no-log").hidden = shown.length > 0;
    find("folded").textContent = folded ? entries.filter((entry) => entry.routine).length || "" : "";
  }, REDRAW_MS);
}

function add(entry) {
  if (paused) return;
  entry.routine = routine(entry);
  entries.push(entry);
  entries = entries.slice(-MOST_LINES);
  draw();
}

// Live legs

async function legs() {
  const live = await got("/legs");
  if (!live) return;
  const known = new Map([...find("legs").children].map((line) => [line.dataset.sid, line]));
  for (const one of live.slice(-50)) {
    const line = known.get(one.sid) ?? legRow(one);
    known.delete(one.sid);
    const state = one.room ? t("in_room") : one.waiting ? t("waiting") : t({ "in-progress": "in_progress" }[one.status] ?? one.status);
    line.querySelector(".status").textContent = state;
    line.querySelector(".n").textContent = one.seconds;
    if (!line.isConnected) find("legs").append(line);
  }
  for (const gone of known.values()) gone.remove();
  find("count").textContent = live.length;
  find("no-legs").hidden = live.length > 0;
}

// A browser phone has a name instead of a number.
function party(number) { return number?.replace(/^client:/, `${t("seat")} `); }

function legRow(one) {
  const line = document.createElement("tr");
  line.dataset.sid = one.sid;
  const box = element("input", "", { placeholder: t("speak_here"), ariaLabel: t("speak_here") });
  box.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || !box.value.trim()) return;
    const words = box.value;
    box.value = "";
    await fetch(`/legs/${one.sid}/say`, { method: "POST", body: words });
  });
  const end = element("button", t("end"));
  end.addEventListener("click", () => fetch(`/legs/${one.sid}/hang-up`, { method: "POST" }));
  const from = element("td", `${party(one.from)} `, { title: one.from });
  from.append(tag(one.sid));
  const say = document.createElement("td"), last = document.createElement("td");
  say.append(box);
  last.append(end);
  line.append(from, element("td", party(one.to)), element("td", "", { className: "status" }), element("td", "", { className: "n" }), say, last);
  return line;
}

// Faults

function fault(word, now) {
  const name = NAMED[word] ?? word, label = element("label", t(word));
  const box = name === "rest_kind" ? document.createElement("select") : element("input", "", CHANCES.has(name) ? { type: "number", min: 0, max: 1, step: 0.1 } : {});
  if (name === "rest_kind") for (const kind of KINDS) box.append(element("option", t(`k_${kind}`), { value: kind }));
  box.name = name;
  box.value = now[name];
  box.addEventListener("change", () => change(box));
  label.append(box);
  return label;
}

async function faults() {
  const now = await got("/faults");
  if (!now) return;
  const groups = FAULTS.map(([group, names]) => {
    const set = document.createElement("fieldset");
    set.append(element("legend", t(group)), element("p", t(`${group}_touch`)), ...names.map((name) => fault(name, now)));
    return set;
  });
  const well = element("button", t("all_well"), { type: "button" });
  well.addEventListener("click", async () => { await send(Object.fromEntries([...CHANCES, "shuffle_seconds"].map((name) => [name, 0]))); });
  find("faults").replaceChildren(...groups, well);
  settle(now);
}

// Whoever set them, here or in another page: what is on stands in every page.
function settle(now) {
  for (const box of find("faults").elements) if (box.name in now && box !== document.activeElement) box.value = now[box.name];
  const on = Object.entries(now).filter(([name, value]) => (CHANCES.has(name) || name === "shuffle_seconds") && value > 0);
  find("faulty").hidden = on.length === 0;
  find("faulty").textContent = `⚠ ${t("faulty")}：${on.map(([name]) => t(name)).join("、")}`;
}

function send(wanted) { return fetch("/faults", { method: "POST", body: JSON.stringify(wanted) }); }

async function change(box) {
  const answer = await send({ [box.name]: box.value });
  box.setCustomValidity(answer.ok ? "" : await answer.text());
  box.reportValidity();
}

// News

export function listen(handlers) {
  const news = new WebSocket(`ws://${location.host}/news`);
  const known = { webhook: add, note: add, faults: ({ now }) => settle(now), ...handlers };
  news.onopen = () => { find("away").hidden = true; if (missed) { missed = false; faults(); handlers.back(); } };
  news.onmessage = ({ data }) => { const said = JSON.parse(data); known[said.kind]?.(said); };
  news.onclose = () => { missed = true; find("away").hidden = false; setTimeout(() => listen(handlers), 1000); };
}

find("filter").addEventListener("input", draw);
find("wrong").addEventListener("change", draw);
find("routine").addEventListener("change", draw);
find("only").addEventListener("click", () => show(""));
find("clear").addEventListener("click", () => { entries = []; chosen = null; detail(); draw(); });
find("pause").addEventListener("click", (event) => { paused = !paused; event.currentTarget.setAttribute("aria-pressed", String(paused)); });
document.addEventListener("language", () => { rows = new WeakMap(); find("legs").replaceChildren(); show(only); detail(); faults(); legs(); });
setInterval(legs, 1000);
entries = await (await fetch("/log")).json();
for (const entry of entries) entry.routine = routine(entry);
draw();
legs();
faults();
