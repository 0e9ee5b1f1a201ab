// Small signs without names: candlestick patterns at their bar, patterns of the volume at the foot of the pane. What
// they are called stands in the line over the chart when one points at their bar.
import { byBar } from "alphaplus/patterns/choose";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const SIZE = 3;
const PLAIN = 2; // of a sign without direction, which most bars have
const AWAY = 5; // pixels from the bar
const FOOT = 6; // pixels from the lower edge

/** One sign for each bar and direction, however many patterns are there. @param {Pen} pen @param {PatternEvent[]} events
 * @param {{low: (position: number) => number, high: (position: number) => number}} bars */
export function markCandles(pen, events, bars) {
  for (const { known, direction } of firsts(events)) {
    const y = direction > 0 ? pen.y(bars.low(known)) + AWAY : pen.y(bars.high(known)) - AWAY;
    pen.sign(pen.x(known), y, direction, direction === 0 ? PLAIN : SIZE, pen.tone(direction));
  }
}

/** @param {Pen} pen @param {PatternEvent[]} events */
export function markVolume(pen, events) {
  for (const { known, direction } of firsts(events)) {
    const foot = pen.size.height - FOOT;
    pen.sign(pen.x(known), foot - direction * SIZE, direction, SIZE + 1, pen.tone(direction));
  }
}

/** @param {PatternEvent[]} events */
function firsts(events) {
  return [...byBar(events).values()].map(([event]) => event);
}
