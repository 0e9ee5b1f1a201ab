// What is under the cursor: the patterns whose picture is at a bar and a price.
import { lastBar } from "alphaplus/patterns/choose";
import { outline } from "alphaplus/patterns/figures";
/** @import { PatternEvent } from "alphaplus/types" */
/** @import { Chosen } from "alphaplus/patterns/overlay" */

/** @param {Chosen} chosen What is drawn. @param {{position: number, price: number, near: number, last: number}} cursor
 * `near` is how far off a price may be, `last` the newest bar. @returns {PatternEvent[]} The newest first. */
export function under(chosen, { position, price, near, last }) {
  const inside = (/** @type {number | null} */ low, /** @type {number | null} */ high) =>
    low !== null && high !== null && price >= low - near && price <= high + near;
  const during = (/** @type {PatternEvent} */ event) => position >= event.from && position <= lastBar(event, last);
  const at = (/** @type {PatternEvent} */ event) => position === event.known;
  const found = [
    ...chosen.entries.filter((event) => at(event) || (during(event) && inside(...trade(event)))),
    ...chosen.candles.filter(at),
    ...chosen.volume_patterns.filter(at),
    ...chosen.structure.filter((event) => during(event) && inside(event.level, event.level)),
    ...chosen.figures.filter((event) => during(event) && inside(...reach(event))),
    ...chosen.zones.filter((event) => during(event) && inside(event.low, event.high)),
  ];
  return found.sort((a, b) => b.known - a.known);
}

/** Between stop and target. @param {PatternEvent} event @returns {[number | null, number | null]} */
function trade({ target, stop }) {
  return target === null || stop === null ? [null, null] : [Math.min(target, stop), Math.max(target, stop)];
}

/** Between the lowest and the highest of its lines. @param {PatternEvent} event @returns {[number, number]} */
function reach(event) {
  const prices = outline(event).flat().map(({ price }) => price);
  return [Math.min(...prices), Math.max(...prices)];
}
