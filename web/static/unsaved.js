// What was typed while nobody was signed in waits in this tab for whoever typed it, and for nobody else.

export const KEPT = "unsaved-words";
export const whose = document.querySelector("[data-staff]").dataset.staff;

if (JSON.parse(sessionStorage.getItem(KEPT) ?? "{}").by !== whose) sessionStorage.removeItem(KEPT);

// After the desk's own "pagehide", which may keep once more what was typed last.
document.getElementById("sign-out").addEventListener("submit", () => {
  addEventListener("pagehide", () => sessionStorage.removeItem(KEPT));
});
