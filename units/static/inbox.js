// The inbox says that something came; it is read when its clerk asks for it, not under his hands.

import { listen } from "/static/live.js";

const news = document.getElementById("news");
document.addEventListener("live:notice", () => { news.hidden = false; });
listen(news.dataset.live, ["notice"]);
