// A file is sent beside the page: what was typed into the reply stays where it is.

import { _ } from "/static/words.js";

const form = document.getElementById("attach");
const notice = document.getElementById("notice");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell(_("正在上传…"));
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.getElementById("attachments");
    if (list) document.getElementById("attachments").replaceWith(list);
    if (list) form.reset();
    const told = page.querySelector(".notice[data-kind]") ?? page.querySelector("main p");
    tell(told.textContent.trim(), told.dataset.kind ?? "error");
  } catch {
    tell(_("附件没有上传，请检查网络后再试"), "error");
  }
});

function tell(words, kind = "") {
  notice.textContent = words;
  notice.dataset.kind = kind;
  notice.hidden = false;
}
