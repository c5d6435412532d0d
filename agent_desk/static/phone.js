// The softphone: the carrier's SDK and its token.  It knows nothing of tickets, nor of the page.

// The SDK's own tones come from another server; ours rings by itself, so they are silence here.
const SILENCE = "data:audio/wav;base64,UklGRnQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YVAAAACAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgA==";
const SOUNDS = Object.fromEntries(["incoming", "outgoing", "disconnect", "dtmfh", "dtmfs", ...Array.from("0123456789", (key) => `dtmf${key}`)].map((name) => [name, SILENCE]));
// A token is changed long before its end; where that fails there is time to try again.
const RENEW_AT = 0.6;
const RENEW_AGAIN_MS = 30000;

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
    this.chosen = {};
  }

  get busy() { return this.connecting || this.call !== null; }

  async start() {
    this.device?.destroy();
    const { token, signal, ttl } = await this.fetchToken();
    // A local carrier signals at its own address and gathers no statistics elsewhere.
    const local = signal ? { chunderw: signal, Publisher: QuietPublisher } : {};
    const device = new Twilio.Device(token, { ...local, sounds: SOUNDS, logLevel: 5, closeProtection: true, codecPreferences: ["opus", "pcmu"] });
    this.device = device;
    const tell = (name, detail) => { if (this.device === device) this.#tell(name, detail); };
    device.on("registered", () => tell("device", "ready"));
    device.on("unregistered", () => tell("device", "lost"));
    device.on("error", (error) => tell("trouble", error));
    this.#renewToken(ttl * 1000 * RENEW_AT);
    await device.register();
    this.hearOn(this.chosen.speaker);
  }

  // Answer an offer, or dial what was allowed: either way this browser places its own leg.
  // A second leg would take the first one's place here, and nobody could mute or end that one.
  async connect(params) {
    if (this.busy) return;
    this.connecting = true;
    this.unwanted = false;
    try {
      this.call = await this.device.connect({ params, rtcConstraints: { audio: this.#microphone() } });
    } finally {
      this.connecting = false;
    }
    this.#follow(this.call);
    if (this.unwanted) this.call?.disconnect();
  }

  hangUp() {
    this.unwanted = true;
    this.call?.disconnect();
  }

  toggleMute() { this.call?.mute(!this.call.isMuted()); }

  press(digits) { this.call?.sendDigits(digits); }

  // In mid-call the other microphone takes over at once; else the next call begins with it.
  speakInto(id) {
    this.chosen.microphone = id;
    return this.call ? this.device.audio?.setInputDevice(id) : undefined;
  }

  hearOn(id) {
    this.chosen.speaker = id;
    return id ? this.device?.audio?.speakerDevices.set(id).catch(() => {}) : undefined;
  }

  #microphone() { return this.chosen.microphone ? { deviceId: { ideal: this.chosen.microphone } } : true; }

  #follow(mine) {
    mine.on("volume", (level) => this.#tell("level", level));
    mine.on("mute", (muted) => this.#tell("muted", muted));
    mine.on("reconnecting", () => this.#tell("quality", { name: "reconnecting", bad: true }));
    mine.on("reconnected", () => this.#tell("quality", { name: "reconnecting", bad: false }));
    mine.on("warning", (name) => this.#tell("quality", { name, bad: true }));
    mine.on("warning-cleared", (name) => this.#tell("quality", { name, bad: false }));
    for (const over of ["disconnect", "cancel", "reject"]) mine.on(over, () => this.#over(mine));
    mine.on("error", (error) => { this.#tell("trouble", error); this.#over(mine); });
  }

  #over(which) {
    if (this.call !== which) return;
    this.call = null;
    this.device.audio?.unsetInputDevice?.().catch(() => {});
    this.#tell("over");
  }

  // The SDK tells of the end once and only once; a laptop that slept would never hear of it.
  #renewToken(ms) {
    clearTimeout(this.renewal);
    if (!Number.isFinite(ms)) return;
    this.renewal = setTimeout(async () => {
      try {
        const { token, ttl } = await this.fetchToken();
        this.device.updateToken(token);
        this.#renewToken(ttl * 1000 * RENEW_AT);
      } catch {
        this.#renewToken(RENEW_AGAIN_MS);
      }
    }, ms);
  }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}
