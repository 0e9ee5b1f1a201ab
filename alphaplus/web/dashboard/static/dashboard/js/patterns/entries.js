// Entry points: an arrow at the bar that gave one, and the box of its trade from the entry to target and stop. Where
// one bar gave several of a direction, one stands for all; the line over the chart names them.
import { byBar, lastBar } from "alphaplus/patterns/choose";
import { labelOf } from "alphaplus/patterns/words";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const OPEN = 0.6; // of the fill of a zone, as boxes lie on zones
const ENDED = 0.3;
const SIZE = 5;
const AWAY = 22; // pixels between a bar and the arrow, room for the marks and arrows of signals between
const LINE = 12;

/** @param {Pen} pen @param {PatternEvent[]} events @param {number} last The newest bar. */
export function drawTrades(pen, events, last) {
  for (const event of [...byBar(events).values()].map(main)) {
    const { entered, entry, target, stop } = event;
    if (entered === null || entry === null || target === null || stop === null) continue;
    const [left, right] = [pen.x(entered), pen.x(lastBar(event, last)) + 1];
    const alpha = pen.look.fill * (event.end === null ? OPEN : ENDED);
    const span = (/** @type {number} */ price) => [Math.min(entry, price), Math.max(entry, price)];
    const [low, high] = span(target);
    pen.fill(left, right, low, high, { colour: pen.look.up, alpha });
    const [bottom, top] = span(stop);
    pen.fill(left, right, bottom, top, { colour: pen.look.down, alpha });
    pen.level(left, right, entry, { colour: pen.look.text, alpha: 0.7 });
  }
}

/** @param {Pen} pen @param {PatternEvent[]} events
 * @param {{low: (position: number) => number, high: (position: number) => number}} bars */
export function nameEntries(pen, events, bars) {
  for (const group of [...byBar(events).values()].reverse()) {
    const event = main(group);
    const more = group.length > 1 ? ` +${group.length - 1}` : "";
    const up = event.direction > 0;
    const x = pen.x(event.known);
    const y = up ? pen.y(bars.low(event.known)) + AWAY : pen.y(bars.high(event.known)) - AWAY;
    const colour = pen.tone(event.direction);
    pen.sign(x, y, event.direction, SIZE, colour);
    pen.label(labelOf(event) + more, { x, y: y + (up ? 1 : -1) * (SIZE * 1.5 + LINE / 2), colour });
  }
}

/** The entry of a bar that the others there are made of, else the first. @param {PatternEvent[]} group */
function main(group) {
  const causes = new Set(group.map(({ cause }) => cause));
  return group.find(({ pattern }) => causes.has(pattern)) ?? group[0];
}
