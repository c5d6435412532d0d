// The sound of an emergency: three pairs of notes, made here.  A browser lets a page sound only
// after it was touched once, so the first touch wakes the sound for later.

const PAIRS = 3;
const NOTES = [988, 740];
const NOTE_S = 0.22;

let context = null;

export function sound() {
  wake();
  for (let nth = 0; nth < PAIRS * NOTES.length; nth += 1) play(NOTES[nth % NOTES.length], context.currentTime + nth * NOTE_S);
}

// Something wants to be looked at; nobody is in danger.
export function chime() {
  wake();
  play(NOTES[1], context.currentTime);
}

function wake() {
  context ??= new AudioContext();
  context.resume();
}

function play(pitch, start) {
  const tone = context.createOscillator();
  const level = context.createGain();
  tone.frequency.value = pitch;
  level.gain.setValueAtTime(0.2, start);
  level.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S);
  tone.connect(level).connect(context.destination);
  tone.start(start);
  tone.stop(start + NOTE_S);
}

document.addEventListener("pointerdown", wake, { once: true });
document.addEventListener("keydown", wake, { once: true });
