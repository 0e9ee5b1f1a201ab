// The theme, set before the first paint: a saved choice, else what the system prefers. A classic script on purpose.
(() => {
  const KEY = "alphaplus-theme";
  const system = matchMedia("(prefers-color-scheme: light)");
  const saved = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden; the system's choice then stands
    }
  };
  const apply = () => {
    document.documentElement.dataset.theme = saved() ?? (system.matches ? "light" : "dark");
    dispatchEvent(new Event("alphaplus:theme"));
  };
  system.addEventListener("change", apply);
  addEventListener("alphaplus:toggle-theme", () => {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      document.documentElement.dataset.theme = next;
      dispatchEvent(new Event("alphaplus:theme"));
      return;
    }
    apply();
  });
  apply();
})();
