// Chart figures: their lines, the level whose break counts, and behind the break their target and stop.
import { lastBar } from "alphaplus/patterns/choose";
import { labelOf } from "alphaplus/patterns/words";
/** @import { Pen } from "alphaplus/patterns/pen" */
/** @import { PatternEvent } from "alphaplus/types" */

const ENDED = 0.7; // how much of its colour one keeps that has ended
const AWAY = 12; // pixels between a figure and its name

/** @param {Pen} pen @param {PatternEvent[]} events @param {number} last The newest bar. */
export function drawFigures(pen, events, last) {
  for (const event of [...events].reverse()) {
    const colour = pen.tone(event.direction);
    const alpha = event.end === null ? 1 : ENDED;
    for (const line of outline(event)) {
      pen.line(line.map(({ at, price }) => [pen.x(at), pen.y(price)]), { colour, alpha, width: event.end === null ? 2 : 1 });
    }
    const decided = event.broke ?? lastBar(event, last);
    if (event.level !== null && event.shape.drawing === "path") {
      const from = event.corners[0]?.at ?? event.from;
      pen.level(pen.x(from), pen.x(decided), event.level, { colour, alpha, dash: [4, 3] });
    }
    if (event.broke !== null) drawTrade(pen, event, { right: lastBar(event, last), alpha });
    nameFigure(pen, event, { colour, alpha });
  }
}

/** The lines of a figure as corners: one path, or one line for every two points, drawn on to where it was decided.
 * @param {PatternEvent} event @returns {{at: number, price: number}[][]} */
export function outline({ corners, shape, broke, known }) {
  if (shape.drawing !== "lines") return [corners];
  const until = broke ?? known;
  const lines = [];
  for (let i = 0; i + 1 < corners.length; i += 2) lines.push([corners[i], prolonged(corners[i], corners[i + 1], until)]);
  return lines;
}

/** @param {{at: number, price: number}} a @param {{at: number, price: number}} b @param {number} until */
function prolonged(a, b, until) {
  if (b.at >= until || b.at === a.at) return b;
  return { at: until, price: a.price + ((b.price - a.price) * (until - a.at)) / (b.at - a.at) };
}

/** @param {Pen} pen @param {PatternEvent} event @param {{right: number, alpha: number}} how */
function drawTrade(pen, { broke, target, stop, outcome }, { right, alpha }) {
  const [left, end] = [pen.x(Number(broke)), pen.x(right)];
  for (const [name, price, colour] of /** @type {[string, number | null, string][]} */ ([
    ["target", target, pen.look.up],
    ["stop", stop, pen.look.down],
  ])) {
    if (price === null) continue;
    pen.level(left, end, price, { colour, alpha, dash: [2, 2] });
    if (outcome === null || outcome === name) pen.label(name, { x: end, y: pen.y(price), align: "left", colour, alpha });
  }
}

/** @param {Pen} pen @param {PatternEvent} event @param {{colour: string, alpha: number}} how */
function nameFigure(pen, event, { colour, alpha }) {
  const prices = event.corners.map(({ price }) => price);
  if (!prices.length) return;
  const below = event.direction > 0;
  const y = pen.y(below ? Math.min(...prices) : Math.max(...prices)) + (below ? AWAY : -AWAY);
  pen.label(labelOf(event), { x: (pen.x(event.corners[0].at) + pen.x(event.known)) / 2, y, colour, alpha });
}
