// The lead's own part in a talk: his browser's leg, who hears him, and the call that he takes over.

import { ask, send } from "/static/live.js";
import { _ } from "/static/words.js";
import { Softphone } from "/desk/static/phone.js";
import { lasting, refresh, serverTime } from "/floor-static/floor.js";

const find = (id) => document.getElementById(id);
const WORDS = { listen: _("旁听：没有人听到您"), whisper: _("密语：只有座席听到您"), barge: _("插话：双方都听到您") };
const LOOK_AGAIN_MS = 700;
const HANGS_UP_MS = 2000;
const phone = new Softphone(() => ask("/floor/token"));
let begun = null;
let last = Promise.resolve();
let mine = { monitor: null, own: null };

export function call() { return mine.monitor?.call ?? null; }

export function enter(which, mode) {
  const unseen = Boolean(find("unseen")?.checked) && mode !== "barge";
  return order(async () => {
    const before = mine.monitor?.id;
    show(await send("/floor/monitor", { call: which, mode, unseen }));
    if (mine.monitor.id !== before) await connect(mine.monitor.id);
  });
}

// A leg is one talk's: for another one the browser places another, once the one before is over.
async function connect(id) {
  await hungUp();
  try {
    begun ??= phone.start();
    await begun;
    await phone.connect({ monitor: String(id) });
  } catch (error) {
    console.error(error);
    begun = null;
    await send("/floor/monitor/end", { monitor: id });
    throw new Error(_("语音没有连接上：请检查网络和麦克风权限后重试"));
  }
}

function hungUp() {
  if (!phone.busy) return undefined;
  const over = new Promise((done) => phone.addEventListener("over", done, { once: true }));
  phone.hangUp();
  return Promise.race([over, new Promise((done) => setTimeout(done, HANGS_UP_MS))]);
}

export async function leave() {
  if (!mine.monitor) return;
  await order(async () => {
    show(await send("/floor/monitor/end"));
    phone.hangUp();
  });
}

export async function takeOver() {
  if (mine.monitor) await order(async () => show(await send("/floor/take-over", { call: mine.monitor.call })));
}

// One after the other, however quickly the keys come: the last one counts, and finds the one before done.
// A refusal is told, and what is so is fetched.
function order(does) {
  last = last.then(async () => {
    try {
      await does();
    } catch (error) {
      await look().catch(() => {});
      tell(error.message);
    }
    refresh();
  });
  return last;
}

async function look() { show(await ask("/floor/monitor")); }

function show(next) {
  mine = next;
  const { monitor, own } = mine;
  find("mine").hidden = !monitor && !own;
  find("mine").dataset.heard = own ? "barge" : monitor?.mode ?? "";
  find("mine-modes").hidden = find("mine-leave").hidden = !monitor;
  find("mine-finish").hidden = !own;
  find("mine-draft").hidden = !own?.draft;
  if (own?.draft) find("mine-draft").href = own.draft;
  find("mine-mode").textContent = own ? _("已接管：您在与市民通话") : monitor ? WORDS[monitor.mode] : "";
  find("mine-mode").dataset.state = own || monitor?.mode === "barge" ? "talking" : "wait";
  find("mine-who").textContent = own ? own.number : monitor ? `${monitor.agent} · ${monitor.number}` : "";
  tell(!monitor || monitor.settled ? "" : monitor.refused ? _("运营商没有执行，谁听到您没有改变；请再按一次") : monitor.state === "joined" ? _("正在切换…") : _("接入中…"));
  for (const one of document.querySelectorAll("#mine [data-mode]")) one.setAttribute("aria-pressed", String(one.dataset.mode === monitor?.mode));
  if (monitor && !monitor.settled && !monitor.refused) setTimeout(look, LOOK_AGAIN_MS);
  tick();
}

function tell(words) {
  find("mine-note").textContent = words;
  if (words) find("mine").hidden = false;
}

function tick() { find("mine-clock").textContent = mine.monitor ? lasting(serverTime() - Date.parse(mine.monitor.since)) : ""; }

phone.addEventListener("over", async () => {
  await look();
  refresh();
});
for (const one of document.querySelectorAll("#mine [data-mode]")) one.addEventListener("click", () => mine.monitor && enter(mine.monitor.call, one.dataset.mode));
find("take-over").addEventListener("click", takeOver);
find("mine-leave").addEventListener("click", leave);
find("mine-finish").addEventListener("click", () => order(async () => show(await send("/floor/finish", { call: mine.own.call }))));
document.addEventListener("live:monitor-moved", look);
document.addEventListener("live:open", look);
setInterval(tick, 500);
