// Market structure: the level that was broken, from the swing that made it to the bar that broke it, with its name.
import { labelOf } from "alphaplus/patterns/words";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const ABOVE = 9; // pixels between a line and the middle of its name

/** @type {Record<string, number[]>} */
const DASHES = { change_of_character: [5, 3], liquidity_sweep: [1, 3] };

/** @param {Pen} pen @param {PatternEvent[]} events */
export function drawStructure(pen, events) {
  for (const event of [...events].reverse()) {
    const price = event.level ?? event.corners[0]?.price ?? (event.direction > 0 ? event.low : event.high);
    if (price === null) continue;
    const [left, right] = [pen.x(event.from), pen.x(event.known)];
    const colour = pen.tone(event.direction);
    pen.level(left, right, price, { colour, dash: DASHES[event.pattern] ?? [], alpha: 0.9 });
    pen.label(labelOf(event), { x: (left + right) / 2, y: pen.y(price) - event.direction * ABOVE, colour });
  }
}
