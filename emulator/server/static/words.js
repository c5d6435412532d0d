// Every word of the page in both languages; the choice is kept in this browser.

const WORDS = {
  phone: ["电话", "Telephone"], own: ["本机号码", "My number"], on: ["已连接", "online"], off: ["未连接", "offline"],
  idle: ["待机", "idle"], incoming: ["来电", "incoming call"], dialling: ["呼叫中", "calling"], talking: ["通话中", "connected"], over: ["已结束", "ended"], broken: ["通话中断", "call lost"],
  cannot: ["未接通", "failed"], wrong_state: ["出错", "error"], dial_first: ["请拨号", "dial a number"],
  call: ["拨打", "Call"], accept: ["接听", "Answer"], mute: ["静音", "Mute"], unmute: ["取消静音", "Unmute"], end: ["挂断", "Hang up"],
  say: ["说", "Say"], say_here: ["输入要说的话，回车说出", "type what to say, Enter speaks it"],
  k_dial: ["拨号", "dial"], erase: ["删除", "delete"], k_call: ["拨打/接听", "call or answer"], k_end: ["挂断", "hang up"], k_mute: ["静音", "mute"], k_filter: ["筛选", "filter"],
  another: ["再开一部电话", "open another telephone"], other_language: ["English", "中文"], inbox: ["短信", "Text messages"], no_inbox: ["暂无短信", "none yet"],
  legs: ["通话中的线路", "Live legs"], from: ["主叫", "From"], to: ["被叫", "To"], status: ["状态", "State"], seconds: ["秒", "s"], seat: ["座席", "seat"], speak_for: ["代说", "Speak as"],
  speak_here: ["替这一方说话，回车", "speak as this side, Enter"], only_this: ["只看", "only"], no_legs: ["没有通话。拨一个号码试试。", "No calls. Dial a number."],
  in_room: ["会议中", "in conference"], waiting: ["排队中", "in queue"], in_progress: ["接通", "answered"], ringing: ["振铃", "ringing"], queued: ["待呼", "queued"],
  faults: ["故障开关", "Faults"], faulty: ["故障已开", "faults on"], all_well: ["全部恢复", "all off"],
  on_reports: ["状态回调", "Reports"], on_reports_touch: ["通话、会议、录音、转写的结果通知：运营商发出后不等答复。", "What became of calls, conferences, recordings, transcriptions: the carrier waits for no answer."],
  drop: ["丢失概率：不送达", "lost (chance)"], double: ["重复概率：送达两次", "doubled (chance)"], late: ["迟到概率：晚到“迟到秒数”", "late (chance), by the seconds below"], shuffle_seconds: ["乱序：各自随机推迟 0 至 N 秒", "reordered: each 0 to N s later"],
  on_documents: ["呼叫文档与放音", "Documents and sounds"], on_documents_touch: ["来电、等待、加入会议时取的 TwiML 和声音：通话在等它。连不上时重试一次，再转备用地址。", "TwiML and sounds that a call waits for: on arrival, while queued, on joining. Without a connection it is tried once more, then the fallback address."],
  document_drop: ["连不上的概率", "no connection (chance)"], document_late: ["迟到概率：晚取“迟到秒数”", "late (chance), by the seconds below"],
  on_rest: ["REST 接口", "REST"], on_rest_touch: ["热线向运营商下的指令和查询：改接、挂断、拨出、发短信、查会议。", "What the hotline orders and asks: redirect, hang up, dial, text, look at conferences."],
  rest: ["失败概率", "fails (chance)"], rest_kind: ["失败方式", "how"],
  on_how: ["细节", "Details"], on_how_touch: ["路径限制对回调和文档都有效，如 /voice/status。", "The path limits reports and documents, e.g. /voice/status."],
  late_seconds: ["迟到秒数", "seconds late"], only_paths: ["只限路径", "only paths"], seed: ["随机种子", "seed"], fold: ["收起放音和重复的等待文档", "fold sounds and repeated wait documents"],
  k_429: ["429 太频繁", "429 too many"], k_500: ["500 内部错误", "500 error"], k_timeout: ["超时，未执行", "timeout, not done"], k_unanswered: ["已执行，不答复", "done, not answered"], k_broken: ["已执行，答复 500", "done, answered 500"],
  log: ["回调日志", "Webhooks"], filter: ["筛选：地址、线路、内容", "filter: address, leg, content"], only_wrong: ["只看出错", "errors only"], pause: ["暂停", "Pause"], clear: ["清空", "Clear"],
  time: ["时间（上海）", "Time (Shanghai)"], leg: ["线路", "Leg"], request: ["请求", "Request"], answer: ["答复", "Answer"], result: ["结果", "Result"], ms: ["毫秒", "ms"],
  no_log: ["还没有回调。", "No webhooks yet."], choose: ["点一行看请求与答复。", "Choose a line to see request and answer."], nothing: ["（无内容）", "(empty)"],
  asked: ["请求参数", "Parameters"], answered: ["答复内容", "Answer"], copy: ["复制", "Copy"], attempt: ["第 {} 次", "try {}"], note: ["运营商提示", "carrier's note"],
  by_fault: ["是故障开关做的", "done by a fault switch"], was_lost: ["丢失", "lost"], was_doubled: ["重复", "doubled"], was_late: ["迟到 {} 秒", "late by {} s"],
  away: ["与本地运营商的连接断了：服务可能已停止或正在重启，通话会中断。正在自动重连；若一直不恢复，请看运行 script/server 的窗口，重新启动后刷新本页。", "The local carrier is away: it may have stopped or be starting again, and calls break off. Trying again by itself; if it stays away, look at the window of script/server, start it again and reload this page."],
  e_away: ["与运营商的连接断了，请稍候再试", "no connection to the carrier, try again in a moment"], e_unknown: ["空号，请核对号码", "no such number, check it"], e_busy: ["对方忙", "busy"], e_microphone: ["不能使用麦克风：请在浏览器地址栏允许麦克风后再试", "the microphone cannot be used: allow it in the address bar and try again"],
  e_other: ["代码 {}，请刷新本页再试", "code {}, reload this page and try again"], not_said: ["没有说出去：与运营商的连接断了", "not said: no connection to the carrier"],
  failed: ["失败", "failed"], timeout: ["超时", "timed out"], connect: ["连不上", "no connection"], dns: ["无此地址", "no such host"], tls: ["证书错误", "TLS error"], redirects: ["重定向过多", "too many redirects"], pending: ["等待", "waiting"],
};

let column = localStorage.getItem("language") === "en" ? 1 : 0;

export function t(key, value) {
  return (WORDS[key]?.[column] ?? String(key)).replace("{}", value);
}

export function write() {
  document.documentElement.lang = column ? "en" : "zh-CN";
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of document.querySelectorAll("[data-p]")) one.placeholder = t(one.dataset.p);
  for (const one of document.querySelectorAll("[data-label]")) one.ariaLabel = t(one.dataset.label);
}

export function change() {
  column = 1 - column;
  localStorage.setItem("language", column ? "en" : "zh");
  write();
}
