// A telephone in a page: number, call, keypad, hang up, microphone, inbox, and a box that speaks.

import { caption, got, listen } from "/static/panel.js";
import { change, t, write } from "/static/words.js";

// The SDK's own tones come from another server; ours rings by itself, so they are silence here.
const SILENCE = "data:audio/wav;base64,UklGRnQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YVAAAACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgA==";
const SOUNDS = Object.fromEntries(["incoming", "outgoing", "disconnect", "dtmfh", "dtmfs", ...Array.from("0123456789", (key) => `dtmf${key}`)].map((name) => [name, SILENCE]));
const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ", 0: "+" };
const MOST_HEARD = 200;
// Between two keys of one number; who thinks longer presses the next one.
const ONE_GO_MS = 3000;
// The SDK's codes: no connection to the carrier, no such number, a busy one, a microphone that it may not use or find.
const REASONS = { e_away: [31000, 31003, 31005, 31009, 53000, 53001, 53405], e_unknown: [31404], e_busy: [31486], e_microphone: [31208, 31401, 31402] };
const CONNECTION_LOST = 53001;
const CLOCK = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const find = (id) => document.getElementById(id);

class QuietPublisher extends EventTarget {
  on() {} debug() {} info() {} warn() {} error() {} post() {} setHost() {} setToken() {} enable() {} disable() {}
  postMetrics() { return Promise.resolve(); }
}

const settings = await (await fetch("/settings.json")).json();
let device = null, call = null, dialled = settings.numbers[0] ?? "", began = 0;
// When the last key was pressed in a call.
let pressed = 0;
// Nobody has typed the number that stands there: the first key begins another.
let offered = true;
// What the state line says: a word of ours, and what the SDK adds to it.
let saying = ["idle", ""];

const own = find("own");
own.value = new URLSearchParams(location.search).get("number") ?? randomNumber();

function randomNumber() {
  return "+86138" + String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
}

async function register() {
  device?.destroy();
  document.title = `${own.value} · ${t("phone")}`;
  history.replaceState(null, "", `/?number=${encodeURIComponent(own.value)}`);
  device = new Twilio.Device(`telephone:${own.value}`, {
    chunderw: settings.signal, Publisher: QuietPublisher, sounds: SOUNDS, logLevel: 5, closeProtection: false,
    // Else every refusal looks like a lost connection.
    enableImprovedSignalingErrorPrecision: true,
    codecPreferences: ["opus", "pcmu"],
  });
  device.on("registered", () => online(true));
  device.on("unregistered", () => online(false));
  device.on("error", (error) => { if (quiet()) state("idle", "wrong_state", reason(error)); });
  device.on("incoming", (incoming) => {
    take(incoming);
    dialled = incoming.parameters.From;
    offered = true;
    state("ringing", "incoming");
    buttons();
  });
  try {
    await device.register();
  } catch (error) {
    state("idle", "wrong_state", reason(error));
  }
  loadInbox();
}

// What the SDK says in English, in words that tell what to do.
function reason(error) {
  const known = Object.entries(REASONS).find(([, codes]) => codes.includes(error.code));
  return known ? t(known[0]) : t("e_other", error.code ?? error.message);
}

function online(yes) {
  find("registered").dataset.state = yes ? "on" : "off";
  find("registered").textContent = t(yes ? "on" : "off");
}

function state(kind, word, more = "") {
  saying = [word, more];
  find("state").dataset.state = kind;
  find("state").textContent = t(word) + (more ? `：${more}` : "");
}

function take(next) {
  call = next;
  find("heard").replaceChildren();
  let up = false;
  next.on("accept", () => { up = true; began = Date.now(); state("talking", "talking"); buttons(); });
  for (const over of ["disconnect", "cancel", "reject", "error"]) {
    next.on(over, (error) => { if (call === next) finish(over !== "error" ? ["over"] : up ? ["broken"] : ["cannot", reason(error)]); });
  }
  // The carrier ends every leg of a connection that is lost: the SDK must not ask for it again.
  next.on("reconnecting", ({ code }) => {
    if (code !== CONNECTION_LOST || call !== next) return;
    finish(["broken"]);
    next.disconnect();
  });
  buttons();
}

function finish(words) {
  call = null;
  offered = true;
  state("idle", ...words);
  find("clock").textContent = "";
  buttons();
}

function buttons() {
  const open = call?.status() === "open", rings = call?.direction === "INCOMING" && call.status() === "pending";
  find("call").disabled = call !== null && !rings;
  find("call").textContent = t(rings ? "accept" : "call");
  find("end").disabled = call === null;
  find("end").textContent = t("end");
  find("mute").disabled = !open;
  find("mute").setAttribute("aria-pressed", String(Boolean(open && call.isMuted())));
  find("mute").textContent = t(open && call.isMuted() ? "unmute" : "mute");
  for (const one of find("say").elements) one.disabled = !open;
  find("number").textContent = dialled || t("dial_first");
  find("erase").disabled = call !== null || !dialled;
  find("erase").title = find("erase").ariaLabel = `${t("erase")} (Backspace)`;
}

async function dial() {
  if (call) return call.status() === "pending" && call.direction === "INCOMING" ? call.accept() : undefined;
  if (!dialled) return;
  state("ringing", "dialling");
  find("call").disabled = true;
  try {
    take(await device.connect({ params: { To: dialled } }));
  } catch (error) {
    finish(["cannot", reason(error)]);
  }
}

// Neither in a call nor reading that one broke off, which explains more than what follows from it.
function quiet() { return !call && saying[0] !== "broken"; }

function hangUp() {
  if (call?.status() === "pending" && call.direction === "INCOMING") call.reject();
  else call?.disconnect();
}

function mute() {
  if (call?.status() !== "open") return;
  call.mute(!call.isMuted());
  buttons();
}

function press(key) {
  if (call?.status() === "open") { call.sendDigits(key); writeDown(key); }
  else if (!call) type(key);
  const button = document.querySelector(`[data-key="${key}"]`);
  button?.classList.add("down");
  setTimeout(() => button?.classList.remove("down"), 120);
  buttons();
}

// A number that is pressed in one go is one line, as long as nothing is heard in between.
function writeDown(key) {
  const last = find("heard").lastElementChild;
  if (last?.classList.contains("key") && Date.now() - pressed < ONE_GO_MS) last.append(key);
  else caption(find("heard"), key, "key", MOST_HEARD);
  pressed = Date.now();
}

function type(key) {
  dialled = offered ? key : dialled + key;
  offered = false;
}

function erase() {
  if (call) return;
  dialled = dialled.slice(0, -1);
  offered = false;
  buttons();
}

for (const key of "123456789*0#") {
  const button = document.createElement("button");
  button.innerHTML = `${key}<small>${LETTERS[key] ?? "&nbsp;"}</small>`;
  button.dataset.key = key;
  button.addEventListener("click", () => press(key));
  find("keys").append(button);
}

find("erase").addEventListener("click", erase);
find("call").addEventListener("click", dial);
find("end").addEventListener("click", hangUp);
find("mute").addEventListener("click", mute);
find("another").addEventListener("click", (event) => { event.currentTarget.href = `/?number=${encodeURIComponent(randomNumber())}`; });
find("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = find("words").value.trim();
  if (!words || !call) return;
  find("words").value = "";
  // From now on keys dial again.
  find("words").blur();
  caption(find("heard"), words, "own", MOST_HEARD);
  try {
    await fetch(`/legs/${leg()}/say`, { method: "POST", body: words });
  } catch {
    caption(find("heard"), t("not_said"), "note", MOST_HEARD);
  }
});
own.addEventListener("change", () => { own.value = own.value.trim() || randomNumber(); register(); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { document.activeElement.blur(); return hangUp(); }
  if (event.target.matches("input, select, button") && (event.target.matches("input, select") || event.key === "Enter")) return;
  if (/^[0-9*#]$/.test(event.key)) press(event.key);
  else if (event.key === "Backspace") erase();
  else if (event.key === "Enter") dial();
  else if (event.key.toLowerCase() === "m") mute();
  else if (event.key === "/") { event.preventDefault(); find("filter").focus(); }
});

function leg() { return call?.parameters.CallSid; }

async function loadInbox() {
  const found = await got(`/inbox/${encodeURIComponent(own.value)}`);
  if (!found) return;
  find("inbox").replaceChildren(...found.map(letter).reverse());
  if (!found.length) find("inbox").append(Object.assign(document.createElement("li"), { className: "empty", textContent: t("no_inbox") }));
}

function letter(one) {
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("time"), { textContent: `${one.from} · ${CLOCK.format(new Date(one.at))}` }), one.body);
  return item;
}

function paint() {
  write();
  find("language").textContent = t("other_language");
  online(find("registered").dataset.state === "on");
  state(find("state").dataset.state, ...saying);
  buttons();
}

find("language").addEventListener("click", () => { change(); paint(); loadInbox(); document.dispatchEvent(new Event("language")); });
setInterval(() => {
  if (call?.status() !== "open") return;
  const seconds = Math.floor((Date.now() - began) / 1000);
  find("clock").textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}, 500);
window.phone = { state: () => call?.status() ?? "idle", leg, press, dial, hangUp };
// A text that arrives takes room from what is heard; the newest stays in sight.
new ResizeObserver(([{ target }]) => { target.scrollTop = target.scrollHeight; }).observe(find("heard"));
paint();
listen({
  heard: (said) => { if (said.leg === leg()) caption(find("heard"), said.words, said.source, MOST_HEARD); },
  back: () => { loadInbox(); if (quiet()) state("idle", "idle"); },
  message: (said) => { if (said.to === own.value) loadInbox(); },
});
await register();
