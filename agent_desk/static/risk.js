// The risk form of a minor's call: what is ticked decides the level; in red the leads hear an alarm, and
// one key rings 110 into the talk.

import { _ } from "/static/words.js";
import { find, when } from "./pieces.js";
import { act, drawing, picture } from "./picture.js";

const form = find("risk");
// Whose form it is, and what it has shown as known: filled in anew only when that changes.
let shown = null;
let known = [];

drawing(({ call }) => {
  const risk = call?.risk;
  form.hidden = !call?.answered_at || !(call.minor || call.protected || risk);
  const risks = risk?.risks ?? [];
  if (call?.id !== shown || String(risks) !== String(known)) {
    for (const box of form.querySelectorAll("input")) box.checked = risks.includes(box.name);
  }
  shown = call?.id ?? null;
  known = risks;
  find("risk-level").hidden = !risk;
  if (!risk) return;
  find("risk-level").dataset.state = { red: "lost", orange: "warn", yellow: "wait" }[risk.level];
  find("risk-level").textContent = risk.noticed ? _("%(level)s，已通报民政", { level: risk.label }) : _("%(level)s，班长应在 %(due)s 前通报民政", { level: risk.label, due: when(risk.due) });
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const ticked = Object.fromEntries([...form.querySelectorAll("input")].map(({ name, checked }) => [name, checked]));
  act("/desk/risk", { call: picture.call.id, ...ticked, shown: known.join(" ") });
});
