// What is shown only once is copied whole, by one press.

import { _ } from "/static/words.js";

for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without https the browser has no clipboard for scripts; what is selected can be copied all the same.
    copySelected(button.dataset.copy);
  }
  button.textContent = _("✓ 已复制");
}

function copySelected(words) {
  const field = Object.assign(document.createElement("textarea"), { value: words });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
