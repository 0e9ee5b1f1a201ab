// Which of the found patterns are drawn: those in sight, and of these the zones nearest to the price and the newest
// of all else, as many as the density says.
/** @import { PatternEvent } from "alphaplus/types" */

/** @typedef {{from: number, to: number}} Range Positions in sight. */

/** Whether a zone still lives. @param {PatternEvent} event */
export const isOpen = (event) => event.end === null;

/** The last bar on which an event is drawn. @param {PatternEvent} event @param {number} last The newest bar.
 * @returns {number} */
export function lastBar(event, last) {
  if (event.layer === "zones" || event.layer === "entries" || event.broke !== null) return event.end ?? last;
  return event.layer === "figures" ? (event.end ?? last) : event.known;
}

/** @param {PatternEvent[]} events Of one layer, oldest first. @param {Range} range
 * @param {{last: number, price: number, most: number}} now The newest bar, the price that is near, how many at most.
 * @returns {PatternEvent[]} */
export function choose(events, { from, to }, { last, price, most }) {
  const seen = events.filter((event) => event.from <= to && event.known <= to && lastBar(event, last) >= from);
  if (!seen.length || most === Infinity || isMark(seen[0])) return seen;
  if (seen[0].layer === "entries") return [...byBar(seen).values()].slice(-most).flat();
  if (seen[0].layer !== "zones") return seen.slice(-most);
  const near = [...seen].sort((a, b) => away(a, price) - away(b, price));
  return [...near.filter(isOpen).slice(0, most), ...near.filter((event) => !isOpen(event)).slice(0, most)];
}

/** Events that one sign stands for: those of one bar and direction. @param {PatternEvent[]} events
 * @returns {Map<string, PatternEvent[]>} In the order in which they became known. */
export function byBar(events) {
  /** @type {Map<string, PatternEvent[]>} */
  const groups = new Map();
  for (const event of events) {
    const key = `${event.known} ${event.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return groups;
}

/** Marks are one a bar at most, so that their number needs no other bound. @param {PatternEvent} event */
function isMark({ layer }) {
  return layer === "candles" || layer === "volume_patterns";
}

/** How far a price is from a zone. @param {PatternEvent} event @param {number} price */
function away({ low, high }, price) {
  return Math.max(Number(low) - price, price - Number(high), 0);
}
