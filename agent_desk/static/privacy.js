// What must not be kept: the recording pauses, with a reason, and goes on by itself.

import { _ } from "/static/words.js";
import { find, left } from "./pieces.js";
import { act, drawing, picture, refresh, serverTime } from "./picture.js";
import { asks } from "./talk.js";

drawing(({ call, seat, consult }) => {
  const mine = seat.activity === "talking" && Boolean(call?.recorded) && asks({ consult });
  const paused = Boolean(call?.unrecorded_until);
  find("pause").hidden = !mine || paused || Boolean(consult);
  find("paused").hidden = !paused;
  find("record").hidden = !mine || !paused;
  tick();
});

// Until the carrier has obeyed, what is said is still kept: only then may the agent ask for it.
const TOLD = {
  pending: _("正在暂停录音，请让市民稍等再说……"),
  moot: _("暂停没有成功，仍在录音：请点恢复录音后再试"),
};

function tick() {
  const { unrecorded_until: until, pause_obeyed: obeyed } = picture?.call ?? {};
  if (!until) return;
  const paused = _("录音已暂停，%(seconds)s 秒后自动恢复", { seconds: left(Date.parse(until) - serverTime()) });
  find("paused").textContent = TOLD[obeyed] ?? paused;
}

find("pause").addEventListener("change", ({ target }) => {
  if (target.value) act("/desk/recording/pause", { call: picture.call.id, reason: target.value });
  target.value = "";
});
find("record").addEventListener("click", () => act("/desk/recording/resume", { call: picture.call.id }));
setInterval(tick, 500);
setInterval(() => { if (picture?.call?.pause_obeyed === "pending") refresh(); }, 1000);
