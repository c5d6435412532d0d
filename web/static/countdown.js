// What is left of a target, counted down where it stands: <time data-due="…" data-near="…">.

import { _ } from "/static/words.js";

const MINUTE = 60_000;
// The office's computer may be wrong about the time; the server said what it is.
const ahead = Date.parse(document.querySelector("meta[name=now]").content) - Date.now();

function span(ms) {
  const minutes = Math.floor(ms / MINUTE);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days) return _("%(days)s 天 %(hours)s 小时", { days, hours });
  if (minutes >= 60) return _("%(hours)s 小时 %(minutes)s 分", { hours, minutes: minutes % 60 });
  const seconds = String(Math.floor(ms / 1000) % 60).padStart(2, "0");
  return `${String(minutes).padStart(2, "0")}:${seconds}`;
}

function tell(place) {
  const now = Date.now() + ahead;
  const due = Date.parse(place.dataset.due);
  const late = now > due;
  const time = span(Math.abs(due - now));
  const words = late ? _("超 %(time)s", { time }) : _("剩 %(time)s", { time });
  if (place.textContent !== words) place.textContent = words;
  if (late) place.dataset.light = "red";
  else if (place.dataset.near && now >= Date.parse(place.dataset.near)) place.dataset.light = "yellow";
}

function all() { document.querySelectorAll("[data-due]").forEach(tell); }

all();
setInterval(all, 1000);
