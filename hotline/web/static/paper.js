// A sheet's own print button.

document.querySelector("[data-print]").addEventListener("click", () => print());
