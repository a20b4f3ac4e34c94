// Sets the theme before the first paint: a classic script, because modules run after it.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("tailcast.theme");
    } catch {
      // The page follows the system without stored values.
    }
    const isDark = chosen === "dark" || (chosen !== "light" && system.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  };
  show();
  system.addEventListener("change", show);
  // The settings of this tab, and those of other tabs.
  addEventListener("tailcast:theme", show);
  addEventListener("storage", show);
})();
