// Microphones and speakers of this machine: which there are, which was chosen, why one does not work.

import { _ } from "/static/words.js";

const KEPT = { microphone: "microphone", speaker: "speaker" };
// By the name of the browser's error: what is the matter, and what to do about it.
const FAILURES = {
  NotAllowedError: [_("没有麦克风权限"), _("请点浏览器地址栏左侧的图标，允许使用麦克风，再点“重新连接”")],
  NotFoundError: [_("没有麦克风"), _("没有找到麦克风：请插好耳麦，再点“重新连接”")],
  NotReadableError: [_("麦克风被占用"), _("麦克风正被其他程序使用：请关闭会议、录音等软件，再点“重新连接”")],
};
const OTHER = [_("麦克风不可用"), _("无法使用麦克风：请重新插拔耳麦，再点“重新连接”；反复出现请联系班长")];

export function kept(kind) { return localStorage.getItem(KEPT[kind]) ?? ""; }
export function keep(kind, id) { localStorage.setItem(KEPT[kind], id); }

export function failure(error) {
  const [what, remedy] = FAILURES[error.name] ?? OTHER;
  return { what, remedy };
}

// The microphone that was chosen, or where it is gone the one that the browser prefers.
export function open() {
  const id = kept("microphone");
  return navigator.mediaDevices.getUserMedia({ audio: id ? { deviceId: { ideal: id } } : true });
}

export function close(stream) { for (const track of stream?.getTracks() ?? []) track.stop(); }

// Devices have names only after the microphone was once allowed.
export async function probe() {
  close(await open());
  const found = await devices();
  if (found.microphone.length === 0) throw Object.assign(new Error("no microphone"), { name: "NotFoundError" });
  return found;
}

export async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind) => all.filter((one) => one.kind === kind);
  return { microphone: of("audioinput"), speaker: of("audiooutput") };
}

// How loud it is, 0 to 1, each moment until it is told to stop.
export function meter(stream, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    show(Math.min(1, 4 * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length)));
  }, 60);
  return () => { clearInterval(timer); context.close(); };
}
