// Zones: a filled box while one lives, thin edges once it has ended, so that history does not become a barcode.
import { isOpen } from "alphaplus/patterns/choose";
import { labelOf } from "alphaplus/patterns/words";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const ENDED = 0.35; // how much of its colour an ended zone keeps
const EDGE = 0.8;
const MITIGATED = 0.5; // of the fill of a fresh one

/** @param {Pen} pen @param {PatternEvent[]} events */
export function drawZones(pen, events) {
  for (const event of events.filter((one) => !isOpen(one))) {
    edges(pen, event, { right: pen.x(Number(event.end)), alpha: ENDED });
  }
  for (const event of events.filter(isOpen)) {
    const colour = pen.tone(event.direction);
    const alpha = pen.look.fill * (event.state === "mitigated" ? MITIGATED : 1);
    pen.fill(pen.x(event.from), pen.size.width, Number(event.low), Number(event.high), { colour, alpha });
    edges(pen, event, { right: pen.size.width, alpha: EDGE });
  }
}

/** Name the zones that live, at the right edge, the nearest to the price first.
 * @param {Pen} pen @param {PatternEvent[]} events */
export function nameZones(pen, events) {
  for (const event of events.filter(isOpen)) {
    const y = (pen.y(Number(event.low)) + pen.y(Number(event.high))) / 2;
    pen.label(labelOf(event), { x: pen.size.width - 2, y, align: "right", colour: pen.tone(event.direction) });
  }
}

/** @param {Pen} pen @param {PatternEvent} event @param {{right: number, alpha: number}} how */
function edges(pen, event, { right, alpha }) {
  const how = { colour: pen.tone(event.direction), alpha, dash: DASHES[event.pattern] ?? [] };
  for (const price of [Number(event.low), Number(event.high)]) pen.level(pen.x(event.from), right, price, how);
}

/** @type {Record<string, number[]>} Edges tell the patterns apart, so that colour need not. */
const DASHES = { fair_value_gap: [4, 3], liquidity_pool: [1, 3] };
