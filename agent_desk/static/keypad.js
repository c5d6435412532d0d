// Keys for the other side's menu.  Whom the agent dialled hears those of his own line; in a conference
// nobody does, so there the hotline presses them for the outside party.

import { _ } from "/static/words.js";
import { button, find } from "./pieces.js";
import { notice } from "./notices.js";
import { act, drawing, picture } from "./picture.js";
import { phone } from "./voice.js";

const KEYS = [..."123456789*0#"];
// What is typed in one go goes in one: a number of eighteen keys is not eighteen requests.
const TOGETHER_MS = 500;
let waiting = "";
let timer = null;

function dialled() { return picture?.seat.activity === "talking" && picture.call?.direction === "out"; }
function may() { return dialled() || picture?.outside?.state === "joined"; }

drawing(() => {
  find("keypad").hidden = !may();
  if (!may()) close();
});

function close() {
  find("pad").hidden = true;
  find("keypad-open").setAttribute("aria-expanded", "false");
  find("digits").value = waiting = "";
}

export function openKeypad() {
  if (!may()) return notice(_("接通外部方或外呼后才能按键"));
  find("pad").hidden = false;
  find("keypad-open").setAttribute("aria-expanded", "true");
  find("digits").focus();
}

function press(key) {
  if (dialled()) return phone.press(key);
  waiting += key;
  clearTimeout(timer);
  timer = setTimeout(sendKeys, TOGETHER_MS);
}

function sendKeys() {
  const keys = waiting;
  waiting = "";
  if (keys) act("/desk/keys", { keys });
}

for (const key of KEYS) {
  find("pad-keys").append(button(key, () => { find("digits").value += key; press(key); }));
}
find("digits").addEventListener("input", ({ data, target }) => {
  for (const key of (data ?? "").match(/[\d*#]/g) ?? []) press(key);
  target.value = target.value.replace(/[^\d*#]/g, "");
});
find("keypad-open").addEventListener("click", () => (find("pad").hidden ? openKeypad() : close()));
find("pad").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  close();
  find("keypad-open").focus();
});
