// Small pieces that every part of the desk is made of: elements and times.

import { _ } from "/static/words.js";

export const find = (id) => document.getElementById(id);

// Also the box in which one types to choose from a long select.
export function holdsFocus(field) { return field === document.activeElement || Boolean(field.tomselect?.isFocused); }

// Who types somewhere goes on typing there.
export function offerFocus(place) { if (!document.activeElement?.matches("input, select, textarea")) place.focus(); }

export function text(tag, words, className = "") {
  return Object.assign(document.createElement(tag), { textContent: words, className });
}

export function hint(words) { return text("li", words, "empty"); }

export function badge(words, state) {
  const made = text("span", words, "badge");
  made.dataset.state = state;
  return made;
}

export function button(words, act, className = "") {
  const made = Object.assign(text("button", words, className), { type: "button" });
  made.addEventListener("click", act);
  return made;
}

export function anchor(words, url) { return Object.assign(text("a", words), { href: url, target: "_blank" }); }

// He told of danger in a call before, and may not say it twice.
export function toldBefore({ at, words }) { return _("%(when)s 来电曾说：%(words)s", { when: when(at), words }); }

export function item(...parts) {
  const made = document.createElement("li");
  made.append(...parts);
  return made;
}

export function lasting(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

export function left(ms) { return Math.max(0, Math.ceil(ms / 1000)); }

export function clock(moment) {
  return new Date(moment).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
}

export function when(iso) {
  return new Date(iso).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
}
