// The words of the bar that open: one at a time, closed by the escape key or by whatever else is done.

const groups = [...document.querySelectorAll(".top details.group")];

function close(besides) { for (const one of groups) if (one !== besides) one.open = false; }

document.addEventListener("click", ({ target }) => close(target.closest(".top details.group")));
for (const one of groups) {
  one.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !one.open) return;
    event.stopPropagation();
    one.open = false;
    one.querySelector("summary").focus();
  });
  one.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget && !one.contains(relatedTarget)) one.open = false; });
}
