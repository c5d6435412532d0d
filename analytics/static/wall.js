// Today's tiles on the floor: asked for again every so often, and greyed out when no answer comes.

const EVERY_MS = 15000;
const wall = document.getElementById("wall");

async function refresh() {
  try {
    const answer = await fetch(wall.dataset.from, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    wall.innerHTML = await answer.text();
    wall.removeAttribute("aria-busy");
  } catch {
    wall.setAttribute("aria-busy", "true");
  }
}

refresh();
setInterval(refresh, EVERY_MS);
