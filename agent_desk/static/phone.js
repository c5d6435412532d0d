// The softphone: the carrier's SDK, its token, the microphone.  It knows nothing of tickets.

const RING_MS = 2400;
// The SDK's own tones come from another server; ours rings by itself, so they are silence here.
const SILENCE = "data:audio/wav;base64,UklGRnQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YVAAAACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgA==";
const SOUNDS = Object.fromEntries(["incoming", "outgoing", "disconnect", "dtmfh", "dtmfs", ...Array.from("0123456789", (key) => `dtmf${key}`)].map((name) => [name, SILENCE]));

class QuietPublisher extends EventTarget {
  on() {} debug() {} info() {} warn() {} error() {} post() {} setHost() {} setToken() {} enable() {} disable() {}
  postMetrics() { return Promise.resolve(); }
}

export class Softphone extends EventTarget {
  constructor(fetchToken) {
    super();
    this.fetchToken = fetchToken;
    this.call = null;
    this.connecting = false;
  }

  get busy() { return this.connecting || this.call !== null; }

  async start() {
    this.device?.destroy();
    const { token, signal } = await this.fetchToken();
    // A local carrier signals at its own address and gathers no statistics elsewhere.
    const local = signal ? { chunderw: signal, Publisher: QuietPublisher } : {};
    this.device = new Twilio.Device(token, { ...local, sounds: SOUNDS, logLevel: 5, closeProtection: true, codecPreferences: ["opus", "pcmu"], tokenRefreshMs: 60000 });
    this.device.on("registered", () => this.#tell("device", "ready"));
    this.device.on("unregistered", () => this.#tell("device", "lost"));
    this.device.on("tokenWillExpire", async () => this.device.updateToken((await this.fetchToken()).token));
    this.device.on("error", (error) => this.#tell("trouble", words(error)));
    await this.device.register();
  }

  // Answer an offer, or dial what was allowed: either way this browser places its own leg.
  // A second leg would take the first one's place here, and nobody could mute or end that one.
  async connect(params) {
    if (this.busy) return;
    this.connecting = true;
    this.unwanted = false;
    try {
      this.call = await this.device.connect({ params });
    } finally {
      this.connecting = false;
    }
    const mine = this.call;
    mine.on("volume", (level) => this.#tell("level", level));
    mine.on("mute", (muted) => this.#tell("muted", muted));
    mine.on("reconnecting", () => this.#tell("trouble", "语音连接不稳，正在恢复"));
    for (const over of ["disconnect", "cancel", "reject"]) mine.on(over, () => this.#over(mine));
    mine.on("error", (error) => { this.#tell("trouble", words(error)); this.#over(mine); });
    if (this.unwanted) mine.disconnect();
  }

  hangUp() {
    this.unwanted = true;
    this.call?.disconnect();
  }

  toggleMute() { this.call?.mute(!this.call.isMuted()); }

  #over(which) {
    if (this.call !== which) return;
    this.call = null;
    this.#tell("over");
  }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

function words(error) {
  if ([31208, 31401, 31402].includes(error.code)) return "无法使用麦克风：请在浏览器地址栏允许使用麦克风后刷新";
  if (error.code === 20104 || error.code === 20101) return "语音登录已过期，请刷新页面";
  return `语音出错（${error.code ?? ""}）：请检查网络和耳麦，反复出现请联系班长`;
}

// Devices

export async function checkMicrophone() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
  const devices = await navigator.mediaDevices.enumerateDevices();
  return { inputs: devices.filter((one) => one.kind === "audioinput"), outputs: devices.filter((one) => one.kind === "audiooutput") };
}

// The ring tone, made here: two soft notes, again until it is stopped.  A browser lets a page sound
// only after it was touched, so whoever shows the page must know whether it is silent.

export class Ringer extends EventTarget {
  constructor() {
    super();
    this.context = new AudioContext();
    this.context.onstatechange = () => {
      this.dispatchEvent(new CustomEvent("sound"));
      if (this.timer) this.#notes();
    };
  }

  get silent() { return this.context.state !== "running"; }

  // Its promise may stay open for ever; the change of state tells.
  wake() { if (this.silent) this.context.resume().catch(() => {}); }

  ring() {
    if (this.timer) return;
    this.wake();
    this.timer = setInterval(() => this.#notes(), RING_MS);
    this.#notes();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  #notes() {
    // Notes of a sleeping context would all sound at once when it wakes.
    if (this.silent) return;
    [660, 880].forEach((pitch, index) => {
      const start = this.context.currentTime + index * 0.35;
      const tone = this.context.createOscillator();
      const level = this.context.createGain();
      tone.frequency.value = pitch;
      level.gain.setValueAtTime(0.15, start);
      level.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
      tone.connect(level).connect(this.context.destination);
      tone.start(start);
      tone.stop(start + 0.6);
    });
  }
}
