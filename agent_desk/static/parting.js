// Signing out ends the voice of this desk: in a talk it is asked first, with what becomes of the citizen.

import { _ } from "/static/words.js";
import { find } from "./pieces.js";
import { drawing, picture } from "./picture.js";
import { asks } from "./talk.js";
import { phone } from "./voice.js";

const TALKS = ["connecting", "talking"];

function inTalk({ seat }) { return TALKS.includes(seat.activity); }

// The citizen's way is the same as after a lost connection.
function becomes({ seat, call, consult }) {
  if (!asks({ consult })) return _("您正在参加同事的咨询：退出后您离开咨询，市民仍与同事通话。");
  if (call?.direction === "out") return _("您正在外呼：退出会结束这次通话。");
  if (seat.activity === "connecting") return _("正在为您接通来电：退出后市民保留原来的排队时间，由其他座席接听。");
  if (consult?.state === "joined") return _("您正在咨询同事：退出后您离开通话，市民由这位同事继续接听。");
  return _("您正在通话：退出会中断通话，市民回到队列最前，由其他座席接听。");
}

// Before any other hears of it: what is typed here is forgotten only by who really leaves.
document.addEventListener("submit", (event) => {
  if (event.target !== find("sign-out") || !picture || !inTalk(picture)) return;
  // Who has been told leaves at once: the voice would make the browser ask once more.
  if (event.submitter === find("sign-out-anyway")) return void phone.hangUp();
  event.preventDefault();
  event.stopPropagation();
  find("sign-out-what").textContent = becomes(picture);
  find("sign-out-asked").showModal();
}, true);
drawing((next) => { if (!inTalk(next)) find("sign-out-asked").close(); });
find("sign-out-stay").addEventListener("click", () => find("sign-out-asked").close());
