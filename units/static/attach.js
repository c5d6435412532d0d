// A file is sent, or taken away, beside the page: what was typed into the reply stays where it is.

import { _ } from "/static/words.js";

const form = document.getElementById("attach");
const told = document.getElementById("attach-told");

// What the server would refuse is said before anything is sent; it looks into the file itself, too.
form?.elements.file.addEventListener("change", () => {
  const [file] = form.elements.file.files;
  const why = file ? whyNot(file) : "";
  if (why) form.reset();
  tell(why, why ? "error" : "");
});

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  send(form, _("正在上传…"));
});

document.addEventListener("submit", (event) => {
  if (!form || !event.target.matches("#attachments [data-removal]")) return;
  event.preventDefault();
  send(event.target, _("正在移除…"));
});

async function send(wanted, meanwhile) {
  tell(meanwhile);
  for (const button of wanted.querySelectorAll("button")) button.disabled = true;
  try {
    const answer = await fetch(wanted.action, { method: "POST", body: new FormData(wanted) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = page.getElementById("attachments");
    if (list) document.getElementById("attachments").replaceWith(list);
    if (list) form.reset();
    const words = page.querySelector(".notice[data-kind]") ?? page.querySelector("main p");
    tell(words.textContent.trim(), words.dataset.kind ?? "error");
  } catch {
    tell(_("没有完成，请检查网络后再试"), "error");
  }
  for (const button of wanted.querySelectorAll("button")) button.disabled = false;
}

function whyNot(file) {
  const kinds = form.elements.file.accept.split(",");
  if (!kinds.some((kind) => file.name.toLowerCase().endsWith(kind)))
    return _("“%(name)s”不能上传：只接受照片、PDF、MP4 视频、Word（docx）和 Excel（xlsx）文件", { name: file.name });
  const largest = Number(form.dataset.largest);
  if (file.size > largest)
    return _("“%(name)s”有 %(size)s MB，不能上传：每个附件不超过 %(most)s MB", {
      name: file.name,
      size: Math.ceil(file.size / 1048576),
      most: largest / 1048576,
    });
  return file.size ? "" : _("“%(name)s”是空文件", { name: file.name });
}

function tell(words, kind = "") {
  told.textContent = words;
  told.dataset.kind = kind;
  told.hidden = !words;
}
