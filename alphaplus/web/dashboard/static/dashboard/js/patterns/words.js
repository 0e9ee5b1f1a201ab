// Patterns in words: on labels, in the line over the chart, and in the list for those who do not see the picture.
import { number, signed, timeInZone } from "alphaplus/format";
/** @import { PatternEvent } from "alphaplus/types" */

/** @type {Record<string, string>} */
const SHORT = {
  order_block: "OB",
  fair_value_gap: "FVG",
  liquidity_pool: "Liquidity",
  break_of_structure: "BOS",
  change_of_character: "CHoCH",
  liquidity_sweep: "Sweep",
};
/** @type {Record<string, string>} */
const ENDS = {
  target: "target reached",
  stop: "stopped out",
  expired: "expired",
  failed: "failed before its breakout",
  retired: "replaced by a newer one",
  filled: "filled",
  broken: "broken",
  interrupted: "ended by missing bars",
};

const ARROWS = /** @type {Record<string, string>} */ ({ 1: "▲", 0: "◆", "-1": "▼" });
const SIDES = /** @type {Record<string, string>} */ ({ 1: "up", 0: "no direction", "-1": "down" });

/** The name of a pattern, written out. @param {PatternEvent} event @returns {string} */
export function nameOf({ pattern, shape }) {
  if (shape.kind === "candles") return shape.title.split(/[:.]/)[0];
  const words = pattern.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** What became of a figure or an entry, as a sign. @param {PatternEvent} event */
function signOf({ layer, outcome }) {
  if (layer !== "figures" && layer !== "entries") return "";
  return outcome === "target" ? " ✓" : outcome === "stop" ? " ✗" : "";
}

/** A few letters for the picture. @param {PatternEvent} event @returns {string} */
export function labelOf(event) {
  const name = SHORT[event.pattern] ?? nameOf(event);
  return `${ARROWS[event.direction]} ${name}${signOf(event)}`;
}

/** Where it stands. @param {PatternEvent} event @returns {string} */
export function stateOf({ state, outcome, result }) {
  if (outcome === null) return state === "none" ? "" : state;
  const gained = result === null ? "" : ` (${signed(result, 1)} R)`;
  return `${ENDS[outcome] ?? outcome}${gained}`;
}

/** One line for what is under the cursor. @param {PatternEvent} event @param {number} precision @returns {string} */
export function lineOf(event, precision) {
  const parts = [`${ARROWS[event.direction]} ${nameOf(event)}`, stateOf(event), prices(event, precision)];
  return parts.filter(Boolean).join(" · ");
}

/** A sentence that needs no picture. @param {PatternEvent} event @param {number} precision @returns {string} */
export function sentence(event, precision) {
  const strength = event.strength === null ? "" : `strength ${number(event.strength, 2)}`;
  const parts = [SIDES[event.direction], strength, prices(event, precision), stateOf(event), `known ${timeInZone(event.known_at)}`];
  const cause = event.cause ? ` after ${event.cause.replaceAll("_", " ")}` : "";
  return `${nameOf(event)}${cause}: ${parts.filter(Boolean).join(", ")}`;
}

/** @param {PatternEvent} event @param {number} precision */
function prices({ layer, low, high, level, entry, target, stop }, precision) {
  const price = (/** @type {string} */ name, /** @type {number | null} */ value) =>
    value === null ? "" : `${name} ${number(value, precision)}`;
  if (layer === "zones") return low === null || high === null ? "" : `${number(low, precision)} to ${number(high, precision)}`;
  if (layer === "structure") return price("level", level);
  if (layer === "figures") return [price("level", level), price("target", target), price("stop", stop)].filter(Boolean).join(", ");
  if (layer === "entries") return [price("entry", entry ?? level), price("stop", stop), price("target", target)].filter(Boolean).join(", ");
  return "";
}
