// Market structure: the level that was broken, from the swing that made it to the bar that broke it, with its name.
import { labelOf } from "alphaplus/patterns/words";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const AWAY = 9; // pixels between a line and the middle of its name
const SWEEP = "liquidity_sweep"; // goes through its level and comes back, so that its name stands behind the level

/** @type {Record<string, number[]>} */
const DASHES = { change_of_character: [5, 3], [SWEEP]: [1, 3] };

/** @param {Pen} pen @param {PatternEvent[]} events */
export function drawStructure(pen, events) {
  for (const event of [...events].reverse()) {
    const price = event.level ?? event.corners[0]?.price ?? (event.direction > 0 ? event.low : event.high);
    if (price === null) continue;
    const [left, right] = [pen.x(event.from), pen.x(event.known)];
    const colour = pen.tone(event.direction);
    pen.level(left, right, price, { colour, dash: DASHES[event.pattern] ?? [], alpha: 0.9 });
    const side = event.pattern === SWEEP ? 1 : -1;
    pen.label(labelOf(event), { x: right, y: pen.y(price) + side * event.direction * AWAY, align: "right", colour });
  }
}
