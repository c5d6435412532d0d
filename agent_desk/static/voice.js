// Whether this desk can talk: registered with the carrier, with a microphone; it recovers by itself.

import { ask } from "/static/live.js";
import { _ } from "/static/words.js";
import { notice } from "./notices.js";
import * as microphone from "./microphone.js";
import { Softphone } from "./phone.js";
import { find } from "./pieces.js";

const NO_VOICE = _("语音没有连接上：请检查网络，再点“重新连接”；反复出现请联系班长");
// The SDK connects again by itself; only when that takes too long everything begins anew.
const PATIENCE_MS = 8000;
const AGAIN_S = [5, 10, 20, 30];
const TOKEN_GONE = [20101, 20104, 31204, 31205];
const NO_MICROPHONE = [31208, 31401, 31402];

export const phone = new Softphone(() => ask("/desk/token"));
const state = { checking: true, registered: false, failure: null };
let failed = 0;
let again = null;
let due = 0;

export function usable() { return state.registered && !state.failure && !state.checking; }

export async function startVoice() {
  clearTimeout(again);
  Object.assign(state, { checking: true, registered: false });
  draw();
  await Promise.all([register(), findMicrophone()]);
  state.checking = false;
  draw();
}

async function register() {
  try {
    await phone.start();
  } catch (error) {
    console.error(error);
    later();
  }
}

async function findMicrophone() {
  try {
    fill(await microphone.probe());
    state.failure = null;
  } catch (error) {
    console.error(error);
    state.failure = microphone.failure(error);
  }
}

// A talk goes on without registration: it is not broken off for it.
function later(ms) {
  clearTimeout(again);
  const wait = ms ?? 1000 * AGAIN_S[Math.min(failed++, AGAIN_S.length - 1)];
  due = Date.now() + wait;
  again = setTimeout(() => (phone.busy ? later(PATIENCE_MS) : startVoice()), wait);
}

// What to do stands beside the device until it is done.
function draw() {
  const { checking, registered, failure } = state;
  find("device").dataset.state = usable() ? "ready" : checking ? "" : "lost";
  find("device").textContent = checking ? _("检查中") : !registered ? _("语音未连接") : failure ? failure.what : _("语音就绪");
  find("voice-help").textContent = checking || usable() ? "" : !registered ? NO_VOICE : failure.remedy;
  find("voice-again").hidden = checking || usable();
  tick();
  document.dispatchEvent(new CustomEvent("voice"));
}

function tick() {
  const seconds = Math.ceil((due - Date.now()) / 1000);
  find("voice-when").textContent = !state.registered && !state.checking && seconds > 0 ? _("%(seconds)s 秒后自动重连", { seconds }) : "";
}

function fill(found) {
  for (const [kind, list] of Object.entries(found)) {
    find(kind).replaceChildren(...list.map((one, index) => new Option(one.label || _("设备 %(nth)s", { nth: index + 1 }), one.deviceId)));
    if (list.some((one) => one.deviceId === microphone.kept(kind))) find(kind).value = microphone.kept(kind);
  }
  phone.chosen = { microphone: microphone.kept("microphone"), speaker: microphone.kept("speaker") };
}

async function choose(kind, use) {
  microphone.keep(kind, find(kind).value);
  try {
    await use(find(kind).value);
  } catch (error) {
    notice(microphone.failure(error).remedy);
  }
}

function told(error) {
  if (NO_MICROPHONE.includes(error.code)) return microphone.failure({ name: error.code === 31402 ? "NotFoundError" : "NotAllowedError" }).remedy;
  if (TOKEN_GONE.includes(error.code)) return _("语音登录已过期，正在重新登录");
  return _("语音出错（%(code)s）：请检查网络和耳麦，反复出现请联系班长", { code: error.code ?? "" });
}

phone.addEventListener("device", ({ detail }) => {
  state.registered = detail === "ready";
  if (state.registered) failed = 0;
  if (state.registered) clearTimeout(again);
  else later(PATIENCE_MS);
  draw();
});
phone.addEventListener("trouble", ({ detail }) => {
  notice(told(detail));
  if (TOKEN_GONE.includes(detail.code)) later(0);
});
navigator.mediaDevices?.addEventListener("devicechange", async () => {
  if (!phone.busy) await findMicrophone();
  draw();
});
find("microphone").addEventListener("change", () => choose("microphone", (id) => phone.speakInto(id)));
find("speaker").addEventListener("change", () => choose("speaker", (id) => phone.hearOn(id)));
find("voice-again").addEventListener("click", startVoice);
setInterval(tick, 500);
