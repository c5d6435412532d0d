// Of a citizen who wanted a person in a follow-up call: what it is about, and the questions.  The
// server writes the panel; here it is put in its place and its form is sent.

import { notice } from "./notices.js";
import { find } from "./pieces.js";
import { drawing, stays } from "./picture.js";

const place = find("follow-up");
// The call whose follow-up is on the desk.
let shown = null;

drawing((next) => {
  const call = next.call;
  if (call?.follow_up) { if (call.id !== shown) open(call); }
  else if (shown !== null && !stays(shown, next)) close();
});

async function open(call) {
  close();
  shown = call.id;
  await draw(fetch(call.follow_up), call.id);
  // Not fetched: with the next picture it is asked for again.
  if (place.hidden && shown === call.id) shown = null;
}

function close() {
  shown = null;
  place.hidden = true;
  place.replaceChildren();
}

async function draw(answer, mine) {
  try {
    const got = await answer;
    if (mine !== shown) return;
    // 409: somebody was faster, and the panel says so.
    if (!got.ok && got.status !== 409) throw new Error(`${got.status}`);
    place.innerHTML = await got.text();
    place.hidden = false;
  } catch (error) {
    notice(`${place.dataset.failed} ${error.message}`);
  }
}

place.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  await draw(fetch(form.action, { method: "POST", body: new FormData(form) }), shown);
});
