// The replay: a waveform per party, and a transcript that follows the sound and leads to it.
import WaveSurfer from "/static/vendor/wavesurfer.esm.js";

const COLOURS = {
  citizen: ["#9dbdeb", "#1d5fbf"],
  agent: ["#dcc08a", "#8a5a00"],
};
const LOOK_AGAIN_MS = 3000;
const PLAIN = ["#b4bcc8", "#55606e"];

async function drawWave(player, show) {
  const answer = await fetch(player.dataset.waveform);
  if (!answer.ok) return;
  const { duration, channels, prompts, holds, pauses } = await answer.json();
  if (!channels.length) return;
  const place = player.querySelector("[data-wave]");
  mark(place, prompts, place.dataset.prompt, duration);
  mark(place, holds, place.dataset.hold, duration);
  mark(place, pauses, place.dataset.pause, duration);
  const split = channels.map(({ party }) => {
    const [waveColor, progressColor] = COLOURS[party] ?? PLAIN;
    return { waveColor, progressColor, height: 60 };
  });
  const wave = WaveSurfer.create({
    container: player.querySelector("[data-wave]"),
    media: player.querySelector("audio"),
    peaks: channels.map(({ peaks }) => peaks),
    duration,
    splitChannels: split,
    normalize: true,
    dragToSeek: true,
    cspNonce: document.querySelector("meta[name=csp-nonce]")?.content,
  });
  wave.on("interaction", show);
}

// When nobody talked with the citizen: what the queue played, and the music of a hold.
function mark(wave, spans, words, duration) {
  for (const [from, to] of spans) {
    const mark = Object.assign(document.createElement("span"), { className: "prompt", textContent: words });
    mark.style.left = `${(100 * from) / duration}%`;
    mark.style.width = `${(100 * (to - from)) / duration}%`;
    wave.append(mark);
  }
}

// Something is still to come: the page is loaded again as soon as it is there.
function awaitNews({ progress, progressUrl }) {
  setInterval(async () => {
    const answer = await fetch(progressUrl).catch(() => null);
    if (answer?.ok && (await answer.json()).progress !== progress) location.reload();
  }, LOOK_AGAIN_MS);
}

// The browser's own controls know no length before they have fetched the sound, and to fetch it is
// to have heard it: ours have the length from the page.
function drive(player, audio) {
  const [transport, button, seek, at] = ["transport", "play", "seek", "at"].map((name) => player.querySelector(`[data-${name}]`));
  const [play, pause] = [button.textContent, button.dataset.playing];
  audio.controls = false;
  transport.hidden = false;
  button.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  seek.addEventListener("input", () => {
    audio.currentTime = Number(seek.value);
    show(audio.currentTime);
  });
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => {
      button.textContent = audio.paused ? play : pause;
      button.setAttribute("aria-pressed", String(!audio.paused));
    });
  }
  audio.addEventListener("timeupdate", () => show(audio.currentTime));
  return show;

  // Sound that is not fetched yet tells of no move: whoever moves it says where to.
  function show(seconds) {
    seek.value = seconds;
    at.textContent = minutes(seconds);
    seek.setAttribute("aria-valuetext", at.textContent);
  }
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function chooseSpeed(player, audio) {
  const buttons = [...player.querySelectorAll("[data-speed]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      audio.playbackRate = Number(button.dataset.speed);
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    });
  }
}

function followTranscript(list, audio) {
  const lines = [...list.querySelectorAll("li[data-from]")];
  for (const line of lines) {
    line.querySelector("button").addEventListener("click", () => {
      audio.currentTime = Number(line.dataset.from);
      audio.play();
    });
  }
  audio.addEventListener("timeupdate", () => {
    const at = audio.currentTime + 0.05;
    const current = lines.findLast((line) => Number(line.dataset.from) <= at);
    for (const line of lines) {
      if (line !== current) line.removeAttribute("aria-current");
    }
    if (!current || current.hasAttribute("aria-current")) return;
    current.setAttribute("aria-current", "true");
    // Scrolls the list only, never the page under the reader.
    list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 3;
  });
}

const players = [...document.querySelectorAll("[data-player]")];
for (const player of players) {
  const audio = player.querySelector("audio");
  if (!audio) continue;
  chooseSpeed(player, audio);
  drawWave(player, drive(player, audio));
}
const transcript = document.querySelector("[data-transcript]");
const first = document.querySelector("[data-player] audio");
if (transcript && first) followTranscript(transcript, first);
const awaiting = document.querySelector("[data-progress]");
if (awaiting) awaitNews(awaiting.dataset);
