// The layer switches; what is off stands in the address, so that a view can be passed on.

/** @typedef {"signals" | "averages" | "volume" | "gaps"} Layer */

/** Wire the layer buttons. @param {(layer: Layer, visible: boolean) => void} show
 * @returns {(position: number) => void} Press the button at a position. */
export function wireLayers(show) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-layer]")]);
  const off = new Set((new URLSearchParams(location.search).get("off") ?? "").split(",").filter(Boolean));
  const layer = (/** @type {HTMLButtonElement} */ button) => /** @type {Layer} */ (button.dataset.layer);
  for (const button of buttons) {
    if (off.has(layer(button))) set(button, false);
    button.addEventListener("click", () => set(button, button.getAttribute("aria-pressed") !== "true"));
  }

  function set(/** @type {HTMLButtonElement} */ button, /** @type {boolean} */ visible) {
    button.setAttribute("aria-pressed", String(visible));
    show(layer(button), visible);
    const hidden = buttons.filter((one) => one.getAttribute("aria-pressed") !== "true").map(layer);
    remember("off", hidden.join(","));
  }

  return (position) => buttons[position]?.click();
}

/** Keep one value in the address, or take it out. @param {string} name @param {string} value */
export function remember(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(null, "", url);
}
