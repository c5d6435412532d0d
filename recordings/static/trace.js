// What happened in a call, step by step: what is not reached yet stands back.

import { _ } from "/static/words.js";

const steps = [...document.querySelectorAll("[data-trace] li")];
const [back, on, told] = ["trace-back", "trace-on", "trace-at"].map((id) => document.getElementById(id));
// Before the first step all of it is seen at once.
let reached = -1;

function go(step) {
  reached = Math.max(-1, Math.min(steps.length - 1, step));
  steps.forEach((one, index) => {
    one.toggleAttribute("data-ahead", reached >= 0 && index > reached);
    one.setAttribute("aria-current", index === reached ? "step" : "false");
  });
  steps[reached]?.scrollIntoView({ block: "nearest" });
  back.disabled = reached < 0;
  on.disabled = reached === steps.length - 1;
  told.textContent = reached < 0 ? _("逐步查看") : _("%(step)s/%(all)s · 第 %(seconds)s 秒", { step: reached + 1, all: steps.length, seconds: Math.round(steps[reached].dataset.at) });
}

back.addEventListener("click", () => go(reached - 1));
on.addEventListener("click", () => go(reached + 1));
