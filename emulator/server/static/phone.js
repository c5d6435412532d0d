// A telephone in a page, and beside it what the carrier does: legs, webhooks, faults.

// The SDK's own tones come from another server; ours rings by itself, so they are silence here.
const SILENCE = "data:audio/wav;base64,UklGRnQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YVAAAACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgA==";
const SOUNDS = Object.fromEntries(["incoming", "outgoing", "disconnect", "dtmfh", "dtmfs", ...Array.from("0123456789", (key) => `dtmf${key}`)].map((name) => [name, SILENCE]));
const find = (id) => document.getElementById(id);
const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ", 0: "+" };
const FAULT_NAMES = {
  drop: "丢失概率", double: "重复概率", late: "迟到概率", late_seconds: "迟到秒数",
  shuffle_seconds: "乱序秒数", rest: "接口失败概率", rest_kind: "接口失败方式", only: "只限路径", seed: "随机种子",
};

class QuietPublisher extends EventTarget {
  on() {} debug() {} info() {} warn() {} error() {} post() {} setHost() {} setToken() {} enable() {} disable() {}
  postMetrics() { return Promise.resolve(); }
}

const settings = await (await fetch("/settings.json")).json();
let device = null, call = null, dialled = settings.numbers[0] ?? "", began = 0;

const own = find("own");
own.value = new URLSearchParams(location.search).get("number") ?? randomNumber();
find("another").href = `/?number=${encodeURIComponent(randomNumber())}`;

function randomNumber() {
  return "+86138" + String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
}

async function register() {
  device?.destroy();
  device = new Twilio.Device(`telephone:${own.value}`, {
    chunderw: settings.signal, Publisher: QuietPublisher, sounds: SOUNDS, logLevel: 5, closeProtection: false,
    codecPreferences: ["opus", "pcmu"],
  });
  device.on("registered", () => show("registered", "on", "已连接"));
  device.on("unregistered", () => show("registered", "off", "未连接"));
  device.on("error", (error) => { if (!call) show("state", "idle", `出错：${error.message}`); });
  device.on("incoming", (incoming) => {
    take(incoming);
    dialled = incoming.parameters.From;
    show("state", "ringing", "来电");
    find("call").textContent = "接听";
    find("call").disabled = false;
  });
  await device.register();
  loadInbox();
}

function show(id, state, text) {
  const place = find(id);
  place.dataset.state = state;
  place.textContent = text;
}

function take(next) {
  call = next;
  find("heard").replaceChildren();
  call.on("accept", () => { began = Date.now(); show("state", "talking", "通话中"); buttons(); });
  for (const over of ["disconnect", "cancel", "reject", "error"]) {
    next.on(over, (error) => { if (call === next) finish(over === "error" ? `未接通：${error.message}` : "已结束"); });
  }
  buttons();
}

function finish(words) {
  call = null;
  show("state", "idle", words);
  find("clock").textContent = "";
  buttons();
}

function buttons() {
  const busy = call !== null, open = busy && call.status() === "open";
  find("call").disabled = busy;
  find("call").textContent = "拨打";
  find("end").disabled = !busy;
  find("mute").disabled = !open;
  for (const one of find("say").elements) one.disabled = !open;
  paint();
}

function paint() { find("number").textContent = dialled || "请拨号"; }

async function dial() {
  if (call) return call.accept();
  if (!dialled) return;
  show("state", "ringing", "呼叫中");
  find("call").disabled = true;
  try {
    take(await device.connect({ params: { To: dialled } }));
  } catch (error) {
    finish(`无法拨打：${error.message}`);
  }
}

function press(key) {
  if (call && call.status() === "open") call.sendDigits(key);
  else if (!call) dialled += key;
  paint();
}

function line(words, kind) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = words;
  find("heard").append(item);
  item.scrollIntoView({ block: "nearest" });
}

for (const key of "123456789*0#") {
  const button = document.createElement("button");
  button.innerHTML = `${key}<small>${LETTERS[key] ?? "&nbsp;"}</small>`;
  button.dataset.key = key;
  button.addEventListener("click", () => press(key));
  find("keys").append(button);
}

find("call").addEventListener("click", dial);
find("end").addEventListener("click", () => { call?.status() === "pending" ? call.reject() : call?.disconnect(); });
find("mute").addEventListener("click", (event) => {
  call.mute(!call.isMuted());
  event.target.setAttribute("aria-pressed", String(call.isMuted()));
});
find("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = find("words").value.trim();
  if (!words || !call) return;
  find("words").value = "";
  line(words, "own");
  await fetch(`/legs/${leg()}/say`, { method: "POST", body: words });
});
own.addEventListener("change", register);
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input")) return;
  if (/^[0-9*#]$/.test(event.key)) press(event.key);
  else if (event.key === "Backspace" && !call) { dialled = dialled.slice(0, -1); paint(); }
  else if (event.key === "Enter") dial();
  else if (event.key === "Escape") call?.disconnect();
});

function leg() { return call?.parameters.CallSid; }

// What the carrier does

let entries = await (await fetch("/log")).json();

function row(entry) {
  const line = document.createElement("tr");
  const bad = !(entry.status >= 200 && entry.status < 300);
  line.className = bad ? "bad" : "";
  const path = new URL(entry.url).pathname + new URL(entry.url).search;
  const what = entry.params.StatusCallbackEvent || entry.params.TranscriptionEvent || entry.params.QueueResult || entry.params.Digits || entry.params.SpeechResult || entry.params.CallStatus || "";
  for (const text of [entry.at.slice(11, 23), `${entry.method} ${path} ${what}`, entry.leg.slice(-6), entry.status + (entry.attempt ? ` 第${entry.attempt + 1}次` : ""), entry.ms]) {
    line.append(Object.assign(document.createElement("td"), { textContent: text }));
  }
  line.addEventListener("click", () => detail(entry));
  return line;
}

function detail(entry) {
  const asked = Object.assign(document.createElement("pre"), { textContent: Object.entries(entry.params).filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`).join("\n") });
  const got = Object.assign(document.createElement("pre"), { textContent: entry.body.replaceAll("><", ">\n<") || "（无内容）" });
  find("detail").replaceChildren(asked, got);
  find("detail").hidden = false;
}

function draw() {
  const wanted = find("filter").value.trim();
  const shown = entries.filter((entry) => !wanted || JSON.stringify(entry).includes(wanted)).slice(-120).reverse();
  find("log").replaceChildren(...shown.map(row));
}

async function legs() {
  const live = await (await fetch("/legs")).json();
  const known = new Map([...find("legs").children].map((line) => [line.dataset.sid, line]));
  for (const one of live) {
    const line = known.get(one.sid) ?? legRow(one);
    known.delete(one.sid);
    const state = one.room ? "会议中" : one.waiting ? "排队中" : { "in-progress": "接通", ringing: "振铃", queued: "待呼" }[one.status] ?? one.status;
    line.children[2].textContent = state;
    line.children[3].textContent = one.seconds;
    if (!line.isConnected) find("legs").append(line);
  }
  for (const gone of known.values()) gone.remove();
}

function legRow(one) {
  const line = document.createElement("tr");
  line.dataset.sid = one.sid;
  for (const text of [one.from, one.to, "", ""]) line.append(Object.assign(document.createElement("td"), { textContent: text }));
  const box = Object.assign(document.createElement("input"), { placeholder: "替这一方说话，回车" });
  box.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || !box.value.trim()) return;
    const words = box.value;
    box.value = "";
    await fetch(`/legs/${one.sid}/say`, { method: "POST", body: words });
  });
  const end = Object.assign(document.createElement("button"), { textContent: "挂断" });
  end.addEventListener("click", () => fetch(`/legs/${one.sid}/hang-up`, { method: "POST" }));
  for (const part of [box, end]) {
    const cell = document.createElement("td");
    cell.append(part);
    line.append(cell);
  }
  return line;
}

async function loadInbox() {
  const found = await (await fetch(`/inbox/${encodeURIComponent(own.value)}`)).json();
  find("inbox").replaceChildren(...found.map(letter).reverse());
}

function letter(one) {
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("time"), { textContent: `${one.from} · ${new Date(one.at).toLocaleTimeString()}` }), one.body);
  return item;
}

function listen() {
  const news = new WebSocket(`ws://${location.host}/news`);
  news.onmessage = ({ data }) => {
    const said = JSON.parse(data);
    if (said.kind === "webhook") { entries.push(said); entries = entries.slice(-1000); draw(); }
    if (said.kind === "heard" && said.leg === leg()) line(said.words, said.source);
    if (said.kind === "message" && said.to === own.value) find("inbox").prepend(letter(said));
  };
  news.onclose = () => setTimeout(listen, 1000);
}

const faults = await (await fetch("/faults")).json();
for (const [name, value] of Object.entries(faults)) {
  const box = Object.assign(document.createElement("input"), { name, value });
  const label = document.createElement("label");
  label.append(FAULT_NAMES[name] ?? name, box);
  box.addEventListener("change", async () => {
    const answer = await fetch("/faults", { method: "POST", body: JSON.stringify({ [name]: box.value }) });
    box.setCustomValidity(answer.ok ? "" : await answer.text());
    box.reportValidity();
  });
  find("faults").append(label);
}

find("filter").addEventListener("input", draw);
setInterval(() => {
  if (call && call.status() === "open") {
    const seconds = Math.floor((Date.now() - began) / 1000);
    find("clock").textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }
}, 500);
setInterval(legs, 1000);
window.phone = { state: () => call?.status() ?? "idle", leg, press, dial, hangUp: () => call?.disconnect() };
draw();
legs();
buttons();
listen();
await register();
