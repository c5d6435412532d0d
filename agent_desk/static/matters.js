// Matters beside the one in the form: tickets of this citizen that may be the same, and what the form
// was about until he came to speak of something else.  The former is the agent's to keep.

import { _ } from "/static/words.js";
import { drawChase, urges } from "./chasing.js";
import { anchor, find } from "./pieces.js";

const form = find("ticket");
const { topic, kind } = form.elements;
// What the form was about when it was drawn last, and before he turned from it.
let shown = null;
let former = null;

export function drawMatters(ticket) {
  const draft = ticket.state === "draft";
  drawChase(ticket);
  drawDuplicates(draft ? ticket.open_tickets : [], draft ? ticket.same_place : []);
  const now = topic.value ? { topic: topic.value, kind: kind.value, name: name(topic) } : null;
  const heard = draft && ticket.origins.topic?.by === "software";
  if (!heard && now) former = null;
  else if (now && shown && now.topic !== shown.topic) former = former ?? shown;
  if (now && former?.topic === now.topic) former = null;
  shown = now ?? shown;
  tell();
}

function name({ selectedOptions: [chosen] }) { return chosen.dataset.name ?? chosen.text; }

function tell() {
  find("matter").hidden = former === null;
  find("matter-what").textContent = former ? _("市民转到另一事项：原为“%(was)s”，现为“%(now)s”", { was: former.name, now: shown.name }) : "";
}

function settle() {
  former = null;
  tell();
}

// As if he had typed it: what software hears later does not change it any more.
function keep() {
  const { kind: meant, topic: about } = former;
  for (const [field, value] of [[kind, meant], [topic, about]]) {
    if (!value || (field === kind && field.value === value)) continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function drawDuplicates(own, here) {
  const place = find("duplicate");
  place.hidden = own.length + here.length === 0;
  place.replaceChildren(
    ...told(_("该市民有在办工单，若为同一事项请勿重复建单："), own),
    ...told(_("同一地点有他人反映的同类在办工单，提交后可并单："), here),
  );
}

function told(words, tickets) {
  const links = tickets.flatMap((one) => [duplicate(one), ...urges(one), "；"]);
  return tickets.length ? [words, ...links.slice(0, -1), " "] : [];
}

function duplicate({ number, summary, topic: about, url }) {
  const words = `${number} ${summary ?? about ?? ""}`;
  return Object.assign(anchor(words, url), { title: words });
}

// What he chooses himself is no turn of the citizen's.
form.addEventListener("input", ({ target }) => {
  if (target !== topic) return;
  shown = topic.value ? { topic: topic.value, kind: kind.value, name: name(topic) } : null;
  settle();
});
form.addEventListener("reset", () => { shown = null; settle(); });
find("matter-keep").addEventListener("click", keep);
find("matter-seen").addEventListener("click", settle);
