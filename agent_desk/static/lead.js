// The agent's lead: who listens, whispers or speaks in the talk, the raised hand, and what he was told.

import { _ } from "/static/words.js";
import { notice } from "./notices.js";
import { find } from "./pieces.js";
import { act, drawing, picture } from "./picture.js";
import { asks } from "./talk.js";

const MODES = { listen: _("旁听"), whisper: _("密语"), barge: _("插话") };
const HEARD = { listen: _("没有人听到班长"), whisper: _("只有您听到班长"), barge: _("双方都听到班长") };

drawing(({ call, seat, consult, monitors, hand_up: up }) => {
  const mine = seat.activity === "talking" && call && asks({ consult });
  find("hand").disabled = !mine;
  find("hand").hidden = seat.activity === "wrap_up";
  find("hand").setAttribute("aria-pressed", String(up));
  find("hand-what").textContent = up ? _("已求助") : _("求助");
  find("monitors").replaceChildren(...monitors.map(monitor));
});

function monitor({ lead, mode }) {
  const made = Object.assign(document.createElement("span"), { className: "badge", textContent: `${lead} ${MODES[mode]}`, title: HEARD[mode] });
  made.dataset.state = mode === "barge" ? "talking" : "wait";
  return made;
}

find("hand").addEventListener("click", () => act("/desk/hand", { call: picture.call.id, up: !picture.hand_up }));
document.addEventListener("live:call-ended", ({ detail }) => {
  if (detail.taken_over) notice(_("班长已接管这通电话，请整理"));
});
