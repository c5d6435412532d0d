// What becomes of the ticket as it is submitted: handled, looked at first, answered, or not accepted.

import { find } from "./pieces.js";

const way = find("way");
// Which field a way asks for beside the ticket's own.
const ASKED = { answer: "answer", reject: "reason" };

export function chosen() {
  const asked = ASKED[way.value];
  return { way: way.value, ...(asked ? { [asked]: find(asked).value } : {}) };
}

export function drawAsked() {
  for (const [name, field] of Object.entries(ASKED)) find(field).closest("label").hidden = way.value !== name;
}

way.addEventListener("change", drawAsked);
