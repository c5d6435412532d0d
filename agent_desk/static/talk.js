// What is done in a talk: the citizen on hold, and how long he has been.

import { _ } from "/static/words.js";
import { find, lasting } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";
import { notice } from "./notices.js";

// Longer is long for who hears music: the agent is reminded of him.
const LONG_MS = 60000;
// The hold that he was reminded of already.
let told = null;

drawing(({ call, seat }) => {
  const held = Boolean(call?.held_since);
  find("hold").disabled = seat.activity !== "talking" || call?.direction !== "in";
  find("hold").setAttribute("aria-pressed", String(held));
  find("hold-what").textContent = held ? _("恢复通话") : _("保持");
  tick();
});

function tick() {
  const since = picture?.call?.held_since;
  find("hold-clock").hidden = !since;
  if (!since) return;
  const ms = serverTime() - Date.parse(since);
  find("hold-clock").textContent = _("已保持 %(long)s", { long: lasting(ms) });
  find("hold-clock").dataset.long = String(ms >= LONG_MS);
  if (ms < LONG_MS || told === since) return;
  told = since;
  notice(_("市民已保持一分钟：请按 F6 恢复，向他说明还要多久"));
}

find("hold").addEventListener("click", () => {
  const { call } = picture;
  act(call.held_since ? "/desk/resume" : "/desk/hold", { call: call.id });
});
setInterval(tick, 500);
