// The keys of the chart page.
import { isTaken } from "alphaplus/shell";

/** @typedef {object} Actions
 * @property {(direction: 1 | -1) => void} step @property {(factor: number) => void} zoom
 * @property {(share: number) => void} pan @property {() => void} newest @property {() => void} logarithmic
 * @property {() => void} table @property {() => void} density @property {() => void} leave @property {(position: number) => void} layer */

const PAN = 0.05;
const PAN_FAR = 0.5;

/** Listen; arrows only move the chart while it has the focus. @param {HTMLElement} chart @param {Actions} actions */
export function wireKeys(chart, actions) {
  /** @type {Record<string, () => void>} */
  const keys = {
    n: () => actions.step(1),
    p: () => actions.step(-1),
    End: actions.newest,
    "+": () => actions.zoom(0.8),
    "=": () => actions.zoom(0.8),
    "-": () => actions.zoom(1.25),
    l: actions.logarithmic,
    v: actions.table,
    d: actions.density,
    Escape: actions.leave,
  };
  for (const [position, digit] of [..."1234567890"].entries()) keys[digit] = () => actions.layer(position);
  addEventListener("keydown", (event) => {
    if (isTaken(event) || document.querySelector("dialog[open]")) return;
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (arrow && document.activeElement === chart) {
      event.preventDefault();
      actions.pan(arrow * (event.shiftKey ? PAN_FAR : PAN));
      return;
    }
    keys[event.key]?.();
  });
}
