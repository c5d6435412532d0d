// The stream of live events: other scripts listen on document for "live:<name>".

import { _ } from "/static/words.js";

const SILENCE_MS = 12000;

// What becomes of a talk meanwhile: only a page that has one knows.
const TALK = { "goes on": _("通话不受影响，请继续通话"), lost: _("语音也已中断，请检查网络，不要关闭页面") };

// What the bar above any page may show.
const EVERYWHERE = ["missed-moved", "ping"];

let source = null;
let heard = Date.now();

export function listen(url, names) {
  source?.close();
  source = new EventSource(url, { withCredentials: true });
  for (const name of [...names, ...EVERYWHERE]) {
    source.addEventListener(name, ({ data }) => {
      alive();
      if (name !== "ping") document.dispatchEvent(new CustomEvent(`live:${name}`, { detail: JSON.parse(data) }));
    });
  }
  source.onopen = () => { alive(); document.dispatchEvent(new CustomEvent("live:open")); };
  source.onerror = () => {
    stale();
    // A browser gives up after an error answer; we do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(url, names), 2000);
  };
}

function alive() {
  heard = Date.now();
  if (document.documentElement.dataset.live === "on") return;
  document.documentElement.dataset.live = "on";
  notice("");
}

function stale() {
  document.documentElement.dataset.live = "stale";
  const talk = TALK[document.documentElement.dataset.talk];
  notice([_("与服务器的连接中断，正在重连；画面可能不是最新"), talk].filter(Boolean).join(_("；")));
}

function notice(words) {
  const place = document.getElementById("notice");
  place.textContent = words;
  place.hidden = !words;
}

setInterval(() => { if (source && Date.now() - heard > SILENCE_MS) stale(); }, 1000);

export async function send(url, body = {}, method = "POST") {
  const answer = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
    // What was typed last is on its way when the page is left.
    keepalive: method !== "GET",
    body: method === "GET" ? undefined : JSON.stringify(body),
  });
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw Object.assign(new Error(said?.error ?? _("操作没有成功，请重试")), { status: answer.status, said });
  return said;
}

export function ask(url) { return send(url, undefined, "GET"); }
