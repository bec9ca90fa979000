// Runs in the head, so that the first paint has the right colours.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const themes = ["auto", "light", "dark"];
let chosen = "auto";
try {
  chosen = localStorage.getItem("funkqa-theme") ?? "auto";
} catch {
  // A page in a sandbox has no storage.
}

function applyTheme() {
  root.dataset.theme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  dispatchEvent(new Event("themechange"));
}

applyTheme();
dark.addEventListener("change", applyTheme);

addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const name = () => {
    button.textContent = { light: "☀ Light", dark: "☾ Dark" }[chosen] ?? "◐ Auto";
    button.setAttribute("aria-label", `Colours: ${button.textContent.slice(2).toLowerCase()}`);
  };
  name();
  button.addEventListener("click", () => {
    chosen = themes[(themes.indexOf(chosen) + 1) % themes.length];
    try {
      localStorage.setItem("funkqa-theme", chosen);
    } catch {
      // It holds for this visit.
    }
    name();
    applyTheme();
  });
});
