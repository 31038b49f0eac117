// Light, dark or high contrast, as chosen in the account's menu, else as the system is; set before the first paint.
const root = document.documentElement;
const choice = root.dataset.appearance;
const dark = matchMedia("(prefers-color-scheme: dark)");
const more = matchMedia("(prefers-contrast: more)");

function paint() {
  const isDark = choice === "dark" || (choice !== "light" && dark.matches);
  const isSharp = choice === "contrast" || (choice === "auto" && more.matches);
  // On the body, too: Tabler then turns menus that are light under a dark head.
  for (const one of [root, document.body]) one?.setAttribute("data-bs-theme", isDark ? "dark" : "light");
  root.dataset.contrast = isSharp ? "more" : "normal";
}

paint();
addEventListener("DOMContentLoaded", paint);
dark.addEventListener("change", paint);
more.addEventListener("change", paint);
