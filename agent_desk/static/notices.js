// What the desk tells its agent in passing.  The state of the connection has its own place in the shell.

import { find } from "./pieces.js";

const FADES_MS = 8000;
let fading = null;

export function notice(words) {
  find("said").textContent = words;
  find("said").hidden = !words;
  clearTimeout(fading);
  fading = setTimeout(() => { find("said").hidden = true; }, FADES_MS);
}

// What cannot go on without him stays until it is done.
export function insist(words, address, name) {
  notice(words);
  clearTimeout(fading);
  find("said").append(" ", Object.assign(document.createElement("a"), { href: address, textContent: name }));
}
