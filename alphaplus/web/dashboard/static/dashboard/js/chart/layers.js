// The layer switches; those that were changed stand in the address, so that a view can be passed on.
/** @import { PatternLayer } from "alphaplus/types" */

/** @typedef {"signals" | "averages" | "volume" | "gaps"} OwnLayer */
/** @typedef {OwnLayer | PatternLayer} Layer */

/** Wire the layer buttons. @param {(layer: Layer, visible: boolean) => void} show
 * @returns {(position: number) => void} Press the button at a position. */
export function wireLayers(show) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-layer]")]);
  const asked = new URLSearchParams(location.search);
  const layer = (/** @type {HTMLButtonElement} */ button) => /** @type {Layer} */ (button.dataset.layer);
  const isOn = (/** @type {HTMLButtonElement} */ button) => button.getAttribute("aria-pressed") === "true";
  const atFirst = new Map(buttons.map((button) => [button, isOn(button)]));
  for (const button of buttons) {
    const changed = (asked.get(atFirst.get(button) ? "off" : "on") ?? "").split(",");
    if (changed.includes(layer(button))) set(button, !isOn(button));
    button.addEventListener("click", () => set(button, !isOn(button)));
  }

  function set(/** @type {HTMLButtonElement} */ button, /** @type {boolean} */ visible) {
    button.setAttribute("aria-pressed", String(visible));
    show(layer(button), visible);
    const changed = buttons.filter((one) => isOn(one) !== atFirst.get(one));
    for (const name of ["off", "on"]) {
      remember(name, changed.filter((one) => isOn(one) === (name === "on")).map(layer).join(","));
    }
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
