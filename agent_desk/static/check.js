// Before the first call of a day: hear yourself, with the microphone and the speaker of this desk.

import { _ } from "/static/words.js";
import * as microphone from "./microphone.js";
import { find } from "./pieces.js";
import { drawing } from "./picture.js";

const RECORD_MS = 3000;
const HEARD = 0.05;
const CHECKED = "microphone-checked";
const dialog = find("check");
let then = null;
let stream = null;
let stopMeter = null;

export function checkFirst(act) {
  if (localStorage.getItem(CHECKED) === today()) return act();
  show(act);
}

function remember() { localStorage.setItem(CHECKED, today()); }

function today() { return new Date().toDateString(); }

async function show(act = null) {
  then = act;
  find("check-done").textContent = act ? _("听清楚了，示闲") : _("听清楚了");
  find("check-skip").textContent = act ? _("跳过检测，示闲") : _("关闭");
  find("check-said").textContent = "";
  dialog.showModal();
  await listen();
}

async function listen() {
  hush();
  let loudest = 0;
  try {
    stream = await microphone.open();
  } catch (error) {
    find("check-heard").textContent = microphone.failure(error).remedy;
    return;
  }
  stopMeter = microphone.meter(stream, (level) => {
    loudest = Math.max(loudest, level);
    find("check-meter").value = level;
    find("check-heard").textContent = loudest > HEARD ? _("● 听到您的声音了") : _("○ 还没有听到声音：请说话；仍没有，请换一个麦克风或检查耳麦的静音键");
  });
}

async function record() {
  if (!stream) return;
  find("check-record").disabled = true;
  find("check-said").textContent = _("正在录音，请说一句话……");
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.onstop = () => play(new Blob(pieces, { type: recorder.mimeType }));
  recorder.start();
  setTimeout(() => { if (recorder.state === "recording") recorder.stop(); }, RECORD_MS);
}

async function play(sound) {
  const audio = new Audio(URL.createObjectURL(sound));
  find("check-record").disabled = false;
  try {
    if (microphone.kept("speaker")) await audio.setSinkId?.(microphone.kept("speaker"));
    await audio.play();
    find("check-said").textContent = _("正在回放：听到自己的声音，就可以上岗");
  } catch {
    find("check-said").textContent = _("无法播放：请换一个听筒，或在浏览器设置中允许此页面播放声音");
  }
  audio.onended = () => URL.revokeObjectURL(audio.src);
}

function hush() {
  stopMeter?.();
  stopMeter = null;
  microphone.close(stream);
  stream = null;
}

function settle() {
  dialog.close();
  then?.();
}

dialog.addEventListener("close", hush);
find("check-open").addEventListener("click", () => show());
find("check-record").addEventListener("click", record);
find("check-done").addEventListener("click", () => { remember(); settle(); });
// Who skips it before he is ready is not asked again that day; who only looked has skipped nothing.
find("check-skip").addEventListener("click", () => { if (then) remember(); settle(); });
find("microphone").addEventListener("change", () => { if (dialog.open) listen(); });
// A caller is more urgent.
drawing(({ offer }) => { if (offer && dialog.open) dialog.close(); });
