// A page made for paper: one button prints it.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
