// Whom to ask, or to send the citizen on to: lines with their waiting callers, colleagues who are free.

import { ask } from "/static/live.js";
import { _ } from "/static/words.js";
import { badge, button, find, lasting, text } from "./pieces.js";
import { ordered, picture, serverTime } from "./picture.js";

const LOOK_AGAIN_MS = 2000;
const ACTIVITIES = { ringing: _("振铃"), connecting: _("接通中"), talking: _("通话中"), wrap_up: _("话后整理") };
const box = find("targets");
let looking = null;

async function open() {
  find("targets-question").value = "";
  find("targets-error").textContent = "";
  await look();
  box.showModal();
  find("targets-question").focus();
  looking = setInterval(look, LOOK_AGAIN_MS);
}

async function look() {
  try {
    draw(await ask("/desk/targets"));
  } catch {
    find("targets-error").textContent = _("没有取到最新的排队情况，正在重试");
  }
}

function draw({ lines, agents, outside }) {
  replace("targets-lines", lines.map(line));
  replace("targets-agents", agents.map(agent));
  replace("targets-outside", outside.map(party));
}

// The figures change under his hands; the button that he is on stays his.
function replace(id, rows) {
  const on = document.activeElement?.dataset.does;
  find(id).replaceChildren(...rows);
  if (on) find(id).querySelector(`[data-does="${on}"]`)?.focus();
}

function line(one) {
  const long = one.waits_since ? lasting(serverTime() - Date.parse(one.waits_since)) : "—";
  return row([one.line], [one.waiting, "num"], [long, "num"], [`${one.free}/${one.signed_on}`, "num"], acts(one, one.free > 0, one.signed_on > 0));
}

function agent(one) {
  return row([one.agent], [one.free ? badge(_("空闲"), "ready") : badge(ACTIVITIES[one.activity] ?? _("空闲"), one.activity)], acts(one, one.free, one.free));
}

function party(one) {
  return row([one.who], [does(_("三方通话"), "three-way", one.name, true), "acts"]);
}

function row(...cells) {
  const made = document.createElement("tr");
  for (const [what, className = ""] of cells) {
    const cell = text("td", "", className);
    cell.append(...[what].flat());
    made.append(cell);
  }
  return made;
}

function acts({ name }, mayAsk, maySend) {
  return [[does(_("咨询"), "consult", name, mayAsk), " ", does(_("直接转接"), "transfer", name, maySend)], "acts"];
}

function does(words, what, to, may) {
  const made = button(words, () => go(what, to), "small");
  made.disabled = !may;
  made.dataset.does = `${what} ${to}`;
  return made;
}

async function go(what, to) {
  try {
    await ordered(`/desk/${what}`, { call: picture.call.id, to, question: find("targets-question").value });
    box.close();
  } catch (error) {
    find("targets-error").textContent = error.message;
    await look();
  }
}

find("transfer").addEventListener("click", open);
find("targets-close").addEventListener("click", () => box.close());
box.addEventListener("close", () => clearInterval(looking));
// Enter in the question sends nobody anywhere: it goes to the first that can be asked.
find("targets-form").addEventListener("submit", (event) => {
  event.preventDefault();
  box.querySelector("tbody button:not(:disabled)")?.focus();
});
// A talk that ends takes the choice with it.
document.addEventListener("picture", () => { if (box.open && picture.seat.activity !== "talking") box.close(); });
