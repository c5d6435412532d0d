// What must not be kept: the recording pauses, with a reason, and goes on by itself.

import { _ } from "/static/words.js";
import { find, left } from "./pieces.js";
import { act, drawing, picture, serverTime } from "./picture.js";
import { asks } from "./talk.js";

drawing(({ call, seat, consult }) => {
  const mine = seat.activity === "talking" && Boolean(call?.recorded) && asks({ consult });
  const paused = Boolean(call?.unrecorded_until);
  find("pause").hidden = !mine || paused || Boolean(consult);
  find("paused").hidden = !paused;
  find("record").hidden = !mine || !paused;
  tick();
});

function tick() {
  const until = picture?.call?.unrecorded_until;
  if (until) find("paused").textContent = _("录音已暂停，%(seconds)s 秒后自动恢复", { seconds: left(Date.parse(until) - serverTime()) });
}

find("pause").addEventListener("change", ({ target }) => {
  if (target.value) act("/desk/recording/pause", { call: picture.call.id, reason: target.value });
  target.value = "";
});
find("record").addEventListener("click", () => act("/desk/recording/resume", { call: picture.call.id }));
setInterval(tick, 500);
