// The lead's small forms: about whom, what, and why; a refusal stands in them until it is put right.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { refresh } from "/floor-static/floor.js";
import { piece } from "/floor-static/rows.js";

const ADDRESS = { announce: "/floor/announcements" };
let about = {};

export function dialog(name, whom, known, chosen = {}) {
  const place = document.getElementById(`${name}-dialog`);
  const form = place.querySelector("form");
  about = known;
  form.reset();
  for (const [field, value] of Object.entries(chosen)) if (form.elements[field]) form.elements[field].value = value;
  place.querySelector("[data-whom]").textContent = whom;
  place.querySelector("[data-error]").textContent = "";
  place.showModal();
}

export function drawLent(reskills) {
  document.getElementById("reskills").replaceChildren(...reskills.map(lent));
}

function lent(one) {
  const level = one.level ? _("%(level)s 级", { level: one.level }) : _("暂不接");
  const row = piece("li", { textContent: _("%(line)s %(level)s，至 %(until)s（%(by)s：%(reason)s）", { line: one.line_name, level, until: clock(one.until), by: one.by, reason: one.reason }) });
  const undo = piece("button", { className: "small", type: "button", textContent: _("撤销") });
  undo.addEventListener("click", async () => {
    await send(`/floor/reskill/${one.id}/undo`);
    row.remove();
    refresh();
  });
  row.append(" ", undo);
  return row;
}

function clock(moment) { return new Date(moment).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" }); }

function given(form) {
  const body = { ...about };
  for (const field of form.elements) {
    if (field.name) body[field.name] = "number" in field.dataset ? Number(field.value) : field.value.trim();
  }
  return body;
}

for (const form of document.querySelectorAll("form[data-form]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.primary");
    if (button.disabled) return;
    button.disabled = true;
    try {
      await send(ADDRESS[form.dataset.form] ?? `/floor/${form.dataset.form}`, given(form));
      form.closest("dialog").close();
      refresh();
    } catch (refused) {
      form.querySelector("[data-error]").textContent = refused.message;
    } finally {
      button.disabled = false;
    }
  });
}
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
