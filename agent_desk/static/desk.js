// The desk: draws the server's picture, rings, answers, and hands the rest to phone.js and ticket.js.

import { ask, listen, send } from "/static/live.js";
import { checkMicrophone, Ringer, Softphone } from "./phone.js";
import * as ticket from "./ticket.js";

const find = (id) => document.getElementById(id);
const ACTIVITIES = { ringing: "振铃", connecting: "接通中", talking: "通话中", wrap_up: "话后整理" };
const WISHES = { ready: "示闲", break: "小休", offline: "离线" };
const DISPOSITIONS = { answered: "已接听", abandoned: "排队放弃", left_early: "提前挂断", self_served: "自助", not_reached: "未接通", failed: "异常" };
const NO_VOICE = "语音没有连接上：请检查网络，再点“重新连接”；反复出现请联系班长";
const NO_MICROPHONE = "无法使用麦克风：请在浏览器地址栏允许使用麦克风，插好耳麦，再点“重新连接”";
const LEADS = { rest: "小休", meal: "用餐", training: "培训", meeting: "会议", missed: "两次未接，已自动小休" };

// An offer rings 12 s: what was not fetched is asked for again while there is time to answer.
const AGAIN_MS = [300, 600, 1200, 2400, 3000];
const ANSWER_WITHIN_MS = 4000;

const desk = crypto.randomUUID();
const ringer = new Ringer();
const phone = new Softphone(() => ask("/desk/token"));
let picture = null;
let skew = 0;
let shown = { call: null, last: 0 };
// The call whose person is on the page; while it rings it is not yet the call in hand.
let drawn = null;
let asked = 0;
let givenUp = null;
const voice = { registered: false, microphone: false, checking: true };
const title = document.title;

// The picture

async function refresh() {
  const mine = ++asked;
  for (let failed = 0; mine === asked; failed += 1) {
    try {
      const next = await within(ask(`/desk/state?desk=${desk}`), ANSWER_WITHIN_MS);
      if (mine === asked) draw(next);
      if (failed) notice("画面已更新");
      return;
    } catch (error) {
      if (mine !== asked) return;
      if (error.status === 401) return notice("登录已过期，请重新登录");
      notice("没有取到最新来电，正在重试；若持续出现，请检查网络或刷新页面");
      await new Promise((go) => setTimeout(go, AGAIN_MS[Math.min(failed, AGAIN_MS.length - 1)]));
    }
  }
}

function within(answer, ms) {
  return Promise.race([answer, new Promise((_, fail) => setTimeout(() => fail(new Error("服务器没有答复")), ms))]);
}

function draw(next) {
  picture = next;
  skew = Date.parse(next.now) - Date.now();
  const { seat, offer, call } = next;
  const state = seat.activity === "idle" ? seat.desired : seat.activity;
  find("seat").dataset.state = state;
  find("seat").textContent = ACTIVITIES[state] ?? (state === "break" ? LEADS[seat.reason] ?? WISHES.break : WISHES[state]);
  drawReady();
  find("offline").disabled = seat.desired === "offline";
  if (!next.held_here && !find("taken").open) find("taken").showModal();
  drawOffer(offer);
  drawCall(call, seat);
  drawWho(offer?.call ?? call);
  tick();
}

function drawOffer(offer) {
  const fresh = find("offer").hidden && offer;
  find("offer").hidden = !offer;
  if (!offer) {
    ringer.stop();
    document.title = title;
    return;
  }
  const { call } = offer;
  find("offer-line").textContent = `${call.line ?? "综合"}来电`;
  find("offer-who").textContent = `${call.number}${call.name ? ` ${call.name}` : ""}${call.language === "en" ? " · English" : ""}${call.tickets.length ? ` · 在办工单 ${call.tickets.length}` : ""}`;
  find("offer-said").textContent = call.emergency ? `紧急：${call.emergency}` : call.speech ? `“${call.speech}”` : call.caution ?? "";
  if (fresh) {
    ringer.ring();
    document.title = `● 来电 ${call.number}`;
    find("alert").textContent = `来电 ${call.line ?? ""} ${call.number}，按 F2 接听`;
    if (Notification.permission === "granted") new Notification("12345 来电", { body: `${call.line ?? "综合"} ${call.number}`, tag: "offer" });
  }
}

function drawCall(call, seat) {
  const talking = seat.activity === "talking" || seat.activity === "connecting";
  find("call-state").dataset.state = call ? seat.activity : "";
  find("call-state").textContent = call ? ACTIVITIES[seat.activity] : "无通话";
  find("call-who").textContent = call ? `${call.direction === "out" ? "外呼 " : ""}${call.number}` : "";
  find("call-line").textContent = call?.line ?? "";
  find("recording").hidden = !talking;
  find("mute").disabled = !phone.call;
  find("finish").disabled = !talking;
  find("finish-what").textContent = seat.activity !== "connecting" ? "结束" : call?.direction === "out" ? "取消外呼" : "放弃接听";
  find("wrapped").hidden = seat.activity !== "wrap_up";
  if (!call) return;
  if (shown.call !== call.id) {
    shown = { call: call.id, last: 0 };
    find("words").replaceChildren();
    find("suggestions").replaceChildren(hint("市民说完一句话后，这里给出知识库中最相关的答复"));
    drawAbout(call.about);
    if (call.about) ticket.close();
    else if (call.direction === "in" || talking) ticket.open(call.id);
  }
  say(call.words);
}

// Who is drawn changes with the call; a note begun for one must not end as another's.
function drawWho(call) {
  if (call ? call.id === drawn : drawn === null || drawn === shown.call) return;
  find("caution-note").blur();
  if (call) drawPerson(call);
  else forgetPerson();
}

// He rang and went on to somebody else.
function forgetPerson() {
  drawn = null;
  for (const id of ["emergency", "caution"]) find(id).hidden = true;
  for (const id of ["who", "open-tickets", "before"]) find(id).replaceChildren();
  for (const field of find("caution-form").elements) field.disabled = true;
  find("caution-note").value = "";
}

function drawAbout(about) {
  find("ticket-about").hidden = !about;
  if (about) find("ticket-about").replaceChildren("本次外呼是就工单 ", Object.assign(text("a", about.number), { href: about.url, target: "_blank" }), " 回拨市民，不另建诉求单");
}

function drawPerson(call) {
  drawn = call.id;
  find("emergency").hidden = !call.emergency;
  find("emergency").textContent = call.emergency ? `紧急：${call.emergency}` : "";
  find("caution").hidden = !call.caution;
  find("caution").textContent = call.caution ? `提示：${call.caution}` : "";
  const known = { 号码: call.number, 姓名: call.name, 专席: call.line, 语言: call.language === "en" ? "英语" : "普通话", 导航所说: call.speech };
  find("who").replaceChildren(...Object.entries(known).filter(([, value]) => value).flatMap(([name, value]) => [text("dt", name), text("dd", value)]));
  find("open-tickets").replaceChildren(...listOf(call.tickets.map((one) => link(`${one.number} ${one.summary ?? ""}`, one.url))));
  find("before").replaceChildren(...listOf(call.calls.map((one) => link(`${when(one.at)} ${one.line ?? ""} ${DISPOSITIONS[one.disposition] ?? "进行中"}`, one.url))));
  for (const field of find("caution-form").elements) field.disabled = false;
  find("caution-note").value = call.caution ?? "";
}

function say(sentences) {
  for (const one of sentences) {
    if (one.id <= shown.last) continue;
    shown.last = one.id;
    const item = text("li", one.text);
    item.className = one.party;
    item.prepend(text("time", clock(one.at)));
    find("words").querySelector(".empty")?.remove();
    find("words").append(item);
    item.scrollIntoView({ block: "nearest" });
  }
}

// Events

document.addEventListener("live:open", refresh);
for (const name of ["offered", "offer-ended", "call-connecting", "call-talking", "call-ended", "call-lost", "seat-moved", "desk-taken"]) {
  document.addEventListener(`live:${name}`, refresh);
}
document.addEventListener("live:words", async ({ detail }) => {
  if (detail.call !== shown.call) return;
  say(await ask(`/desk/words/${shown.call}?after=${shown.last}`));
  await help(detail);
  ticket.refresh();
});
document.addEventListener("live:ticket-filled", ({ detail }) => { if (detail.call === shown.call) ticket.refresh(); });
document.addEventListener("live:call-lost", ({ detail }) => notice(detail.call === givenUp ? "已放弃接听，市民保留原来的排队时间，将转给其他座席" : "通话中断，市民已回到队首等待接听"));

async function help(detail) {
  if (detail.party !== "citizen") return;
  const found = await send("/desk/suggest", { call: detail.call, utterance: detail.utterance });
  if (found.length) find("suggestions").replaceChildren(...found.map(suggestion));
}

function suggestion(one) {
  const item = document.createElement("li");
  item.append(text("b", one.title));
  if (!one.verified) item.append(" ", badge("示例，未经核实", "wait"));
  item.append(text("p", one.sentence));
  item.append(text("small", [one.basis, one.valid_until ? `有效期至 ${one.valid_until.slice(0, 10)}` : "长期有效"].filter(Boolean).join(" · ")));
  const row = document.createElement("div");
  row.className = "row";
  row.append(
    button("复制", async () => { await navigator.clipboard.writeText(one.sentence); notice("已复制"); }),
    button("已采用", async () => { await send("/desk/suggest/used", { shown: one.id }); item.dataset.used = ""; }),
    button("有误", async () => {
      const note = prompt("哪里不对？（知识管理员会处理）");
      if (note === null) return;
      await send("/desk/suggest/wrong", { shown: one.id, note });
      item.remove();
    }),
  );
  item.append(row);
  return item;
}

// What to do stands beside the device until it is done.
function drawVoice() {
  const usable = voice.registered && voice.microphone;
  find("device").dataset.state = usable ? "ready" : "lost";
  find("device").textContent = voice.checking ? "检查中" : usable ? "语音就绪" : voice.registered ? "没有麦克风" : "语音未连接";
  find("voice-help").textContent = usable || voice.checking ? "" : voice.registered ? NO_MICROPHONE : NO_VOICE;
  find("voice-again").hidden = usable || voice.checking;
  drawReady();
}

// A seat that is ready is rung: without voice it could only miss its callers.
function drawReady() {
  const usable = voice.registered && voice.microphone;
  find("ready").disabled = !usable || picture?.seat.desired === "ready";
  find("ready").title = usable ? "Alt+1" : "语音就绪后才能示闲，请看左下角“设备”";
}

function becomeReady() {
  if (!voice.registered || !voice.microphone) return notice("语音就绪后才能示闲，请看左下角“设备”");
  find("ready").click();
}

phone.addEventListener("device", ({ detail }) => { voice.registered = detail === "ready"; drawVoice(); });
ringer.addEventListener("sound", drawSound);
function drawSound() { find("silent").hidden = !ringer.silent; }
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => ringer.wake());

phone.addEventListener("trouble", ({ detail }) => notice(detail));
phone.addEventListener("level", ({ detail }) => { find("meter").style.width = `${Math.min(100, detail * 140)}%`; });
phone.addEventListener("muted", ({ detail }) => find("mute").setAttribute("aria-pressed", String(detail)));
phone.addEventListener("over", () => { find("meter").style.width = "0"; find("mute").setAttribute("aria-pressed", "false"); refresh(); });

// What the agent does

async function act(url, body = {}) {
  try {
    draw(await send(url, { desk, ...body }));
  } catch (error) {
    notice(error.message);
    await refresh();
  }
}

async function accept() {
  const { offer } = picture;
  if (!offer || phone.busy) return;
  ringer.stop();
  find("accept").disabled = true;
  try {
    await phone.connect({ offer: String(offer.id) });
  } catch (error) {
    notice(`没有接通：${error.message}。请检查麦克风权限后再试`);
  }
  find("accept").disabled = false;
}

async function submit() {
  if (!(await ticket.submit())) return;
  if (picture.seat.activity === "wrap_up") await act("/desk/wrapped");
}

async function finish() {
  const { call, seat } = picture;
  const connecting = seat.activity === "connecting";
  if (connecting && call?.direction === "out") return phone.hangUp();
  givenUp = connecting ? call?.id : null;
  await act("/desk/finish", { call: call?.id });
}

// While he is being connected a second F2 is impatience; to give him up takes the button.
function press2() {
  if (picture.offer) return accept();
  if (phone.connecting) return;
  if (picture.seat.activity === "connecting" && picture.call?.direction === "in") return notice("正在接通，请稍候；如不能接听，请点“放弃接听”");
  if (!find("finish").disabled) finish();
}

find("accept").addEventListener("click", accept);
find("decline").addEventListener("click", () => { phone.hangUp(); act("/desk/decline", { offer: picture.offer?.id }); });
find("finish").addEventListener("click", finish);
find("wrapped").addEventListener("click", () => act("/desk/wrapped"));
find("mute").addEventListener("click", () => phone.toggleMute());
find("ready").addEventListener("click", () => act("/desk/choose", { desired: "ready" }));
find("offline").addEventListener("click", () => act("/desk/choose", { desired: "offline" }));
find("break").addEventListener("change", ({ target }) => {
  if (target.value) act("/desk/choose", { desired: "break", reason: target.value });
  target.value = "";
});
find("ticket").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
find("caution-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const about = drawn;
  if (!about) return;
  try {
    const known = await send(`/desk/caution/${about}`, { note: find("caution-note").value });
    if (drawn === about) drawPerson(known);
    notice("已记下");
  } catch (error) { notice(error.message); }
});
async function dial(wanted) {
  if (phone.busy) return notice("通话中不能外呼，请先结束当前通话");
  if (!voice.registered || !voice.microphone) return notice("语音就绪后才能外呼，请看左下角“设备”");
  try {
    const allowed = await send("/desk/dial", wanted);
    await phone.connect({ dial: String(allowed.dial) });
    if (wanted.to) dropBack();
  } catch (error) { notice(error.message); }
}

// A reload must not prepare again what was dialled already.
function dropBack() {
  find("back")?.remove();
  history.replaceState(null, "", "/desk");
}

find("dial").addEventListener("submit", (event) => { event.preventDefault(); dial({ number: find("dial-number").value }); });
find("back")?.addEventListener("submit", (event) => { event.preventDefault(); dial({ to: find("back").dataset.to }); });
find("back-drop")?.addEventListener("click", dropBack);
find("voice-again").addEventListener("click", startVoice);
find("take-over").addEventListener("click", async () => { find("taken").close(); await enter(true); });
find("leave").addEventListener("click", () => { location.href = "/tickets"; });

const KEYS = {
  F2: () => press2(),
  F4: () => { if (find("back")) dial({ to: find("back").dataset.to }); },
  F8: () => find("mute").disabled || find("mute").click(),
  F9: () => (ticket.current().call && !ticket.current().submitted ? submit() : find("wrapped").hidden || find("wrapped").click()),
  "Alt+1": () => becomeReady(),
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const key = KEYS[`${event.altKey ? "Alt+" : ""}${event.key}`];
  if (!key) return;
  event.preventDefault();
  // A key that is held speaks once: the F2 that answers must not end the talk.
  if (event.repeat || !picture) return;
  key();
});

// Time

function tick() {
  if (!picture) return;
  const at = Date.now() + skew;
  const { seat, offer, call } = picture;
  find("since").textContent = seat.activity === "wrap_up" ? left(Date.parse(seat.wrap_up_until) - at) : lasting(at - Date.parse(seat.since));
  if (offer) find("offer-left").textContent = left(Date.parse(offer.deadline) - at);
  find("call-clock").textContent = call?.answered_at && seat.activity === "talking" ? lasting(at - Date.parse(call.answered_at)) : "";
}

function lasting(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

function left(ms) { return `${Math.max(0, Math.ceil(ms / 1000))} 秒`; }
function clock(iso) { return new Date(iso).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }); }
function when(iso) { return new Date(iso).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }); }

// Small pieces

function text(tag, words) { return Object.assign(document.createElement(tag), { textContent: words }); }
function hint(words) { return Object.assign(text("li", words), { className: "empty" }); }
function badge(words, state) { const made = text("span", words); made.className = "badge"; made.dataset.state = state; return made; }
function button(words, act) { const made = text("button", words); made.type = "button"; made.addEventListener("click", act); return made; }
function link(words, url) { const item = document.createElement("li"); item.append(Object.assign(text("a", words), { href: url, target: "_blank" })); return item; }
function listOf(items) { return items.length ? items : [hint("无")]; }

let fading = null;
function notice(words) {
  const place = find("notice");
  place.textContent = words;
  place.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => { place.hidden = true; }, 6000);
}

async function startVoice() {
  Object.assign(voice, { registered: false, microphone: false, checking: true });
  drawVoice();
  try {
    await phone.start();
  } catch (error) {
    console.error(error);
  }
  await devices();
  voice.checking = false;
  drawVoice();
}

async function devices() {
  try {
    const { inputs, outputs } = await checkMicrophone();
    fill("microphone", inputs, (id) => phone.device.audio.setInputDevice(id));
    fill("speaker", outputs, (id) => phone.device.audio.speakerDevices.set(id));
    voice.microphone = inputs.length > 0;
  } catch (error) {
    console.error(error);
  }
}

function fill(id, found, choose) {
  find(id).replaceChildren(...found.map((one, index) => Object.assign(text("option", one.label || `设备 ${index + 1}`), { value: one.deviceId })));
  find(id).onchange = ({ target }) => choose(target.value).catch((error) => notice(error.message));
}

async function recent() {
  const found = await ask("/desk/calls");
  find("recent").replaceChildren(...listOf(found.map((one) => link(`${when(one.at)} ${one.direction === "out" ? "↗" : "↙"} ${one.number}`, one.url))));
}

async function enter(takeOver = false) {
  try {
    draw(await send("/desk/open", { desk, take_over: takeOver }));
  } catch (error) {
    if (error.said?.held) return find("taken").showModal();
    return notice(error.message);
  }
  listen(`${document.body.dataset.live}?desk=${desk}`, ["offered", "offer-ended", "call-connecting", "call-talking", "call-ended", "call-lost", "seat-moved", "desk-taken", "words", "ticket-filled"]);
  await startVoice();
  await recent();
  if (Notification.permission === "default") Notification.requestPermission();
}

document.addEventListener("live:call-ended", recent);
setInterval(tick, 500);
ringer.wake();
drawSound();
window.desk = { phone, picture: () => picture };
await enter();
