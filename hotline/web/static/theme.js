// Dark or light as the system is, set before the first paint.
const dark = matchMedia("(prefers-color-scheme: dark)");
function paint() {
  document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
}
paint();
dark.addEventListener("change", paint);
