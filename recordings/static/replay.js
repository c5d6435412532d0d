// The replay: a waveform per party, and a transcript that follows the sound and leads to it.
import WaveSurfer from "/static/vendor/wavesurfer.esm.js";

const COLOURS = {
  citizen: ["#9dbdeb", "#1d5fbf"],
  agent: ["#dcc08a", "#8a5a00"],
};
const LOOK_AGAIN_MS = 3000;
const PLAIN = ["#b4bcc8", "#55606e"];

async function drawWave(player, audio) {
  const answer = await fetch(player.dataset.waveform);
  if (!answer.ok) return;
  const { duration, channels, prompts } = await answer.json();
  if (!channels.length) return;
  markPrompts(player.querySelector("[data-wave]"), prompts, duration);
  const split = channels.map(({ party }) => {
    const [waveColor, progressColor] = COLOURS[party] ?? PLAIN;
    return { waveColor, progressColor, height: 60 };
  });
  WaveSurfer.create({
    container: player.querySelector("[data-wave]"),
    media: audio,
    peaks: channels.map(({ peaks }) => peaks),
    duration,
    splitChannels: split,
    normalize: true,
    dragToSeek: true,
    cspNonce: document.querySelector("meta[name=csp-nonce]")?.content,
  });
}

// What the queue played while nobody talked with the citizen.
function markPrompts(wave, prompts, duration) {
  for (const [from, to] of prompts) {
    const mark = Object.assign(document.createElement("span"), { className: "prompt", textContent: wave.dataset.prompt });
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
  drawWave(player, audio);
}
const transcript = document.querySelector("[data-transcript]");
const first = document.querySelector("[data-player] audio");
if (transcript && first) followTranscript(transcript, first);
const awaiting = document.querySelector("[data-progress]");
if (awaiting) awaitNews(awaiting.dataset);
