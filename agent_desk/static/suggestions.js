// Replies from the knowledge base for the last thing that the citizen said; at first, to the menu.

import { send } from "/static/live.js";
import { _ } from "/static/words.js";
import { badge, button, find, hint, item, text } from "./pieces.js";
import { drawing, stays } from "./picture.js";
import { notice } from "./notices.js";

const list = find("suggestions");
const dialog = find("wrong");
const before = [...list.childNodes];
let call = null;
let marked = null;

drawing((next) => {
  find("advice").hidden = !next.call?.advice;
  find("advice").textContent = next.call?.advice ?? "";
  if (!stays(call, next)) forget();
  if (!next.call || next.call.id === call) return;
  call = next.call.id;
  show(next.call.suggestions, _("市民说完一句话后，这里给出知识库中最相关的答复"));
  if (next.call.speech && !next.call.suggestions.length) suggest({ call });
});

document.addEventListener("live:words", ({ detail }) => {
  if (detail.call !== call || detail.party !== "citizen") return;
  suggest({ call, utterance: detail.utterance });
});

async function suggest(asked) {
  try {
    const found = await send("/desk/suggest", asked);
    // What answers a sentence is not put back by what answers the menu's, which took longer.
    const late = !("utterance" in asked) && list.querySelector("b");
    if (asked.call === call && !late) show(found);
  } catch (error) {
    notice(error.message);
  }
}

function forget() {
  call = null;
  list.replaceChildren(...before);
}

// A sentence that nothing answers leaves the last replies in their place.
function show(found, otherwise = null) {
  if (found.length) list.replaceChildren(...found.map(suggestion));
  else if (otherwise || !list.querySelector("b")) list.replaceChildren(hint(otherwise ?? _("知识库中没有与这句话相关的答复")));
}

function suggestion(one) {
  const made = item(text("b", one.title));
  if (one.used) made.dataset.used = "";
  if (!one.verified) made.append(" ", badge(_("示例，未经核实"), "wait"));
  made.append(text("p", one.sentence));
  made.append(text("small", [one.basis, one.valid_until ? _("有效期至 %(day)s", { day: one.valid_until.slice(0, 10) }) : _("长期有效")].filter(Boolean).join(" · ")));
  const row = text("div", "", "row");
  row.append(button(_("复制"), () => copy(one)), button(one.used ? _("✓ 已采用") : _("采用"), ({ target }) => use(one, made, target)), button(_("有误"), () => ask(one, made)));
  made.append(row);
  return made;
}

async function copy(one) {
  try {
    await navigator.clipboard.writeText(one.sentence);
    notice(_("已复制"));
  } catch {
    notice(_("浏览器不允许复制，请选中文字后按 Ctrl+C"));
  }
}

async function use(one, made, pressed) {
  try {
    await send("/desk/suggest/used", { shown: one.id });
    made.dataset.used = "";
    pressed.textContent = _("✓ 已采用");
  } catch (error) {
    notice(error.message);
  }
}

function ask(one, made) {
  marked = { one, made };
  find("wrong-what").textContent = `${one.title}：${one.sentence}`;
  find("wrong-note").value = "";
  dialog.showModal();
}

find("wrong-form").addEventListener("submit", async () => {
  const { one, made } = marked;
  try {
    await send("/desk/suggest/wrong", { shown: one.id, note: find("wrong-note").value });
    made.remove();
    notice(_("已记为有误，知识管理员会处理；处理前不再推荐"));
  } catch (error) {
    notice(error.message);
  }
});
find("wrong-cancel").addEventListener("click", () => dialog.close());
// A caller is more urgent.
drawing(({ offer }) => { if (offer && dialog.open) dialog.close(); });
