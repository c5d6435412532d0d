// The ring tone, made here: two soft notes, again until it is stopped.  A browser lets a page sound
// only after it was touched, so whoever shows the page must know whether it is silent.

const RING_MS = 2400;
const CALM = [660, 880];
const ALARM = [988, 740, 988, 740];

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

  ring(danger = false) {
    if (this.timer) return;
    this.notes = danger ? ALARM : CALM;
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
    this.notes.forEach((pitch, index) => {
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
