// The patterns that the server has told of, each with its place among the loaded bars.
/** @import { FoundPattern, PatternAnswer, PatternEvent, PatternLayer, PatternShape } from "alphaplus/types" */
/** @import { History } from "alphaplus/chart/history" */

/** @type {Record<PatternLayer, string>} The kind of pattern that each layer shows. */
export const KINDS = {
  zones: "smc",
  structure: "smc",
  figures: "figures",
  candles: "candles",
  volume_patterns: "volume_patterns",
  entries: "entries",
};

/** All known events of one series. */
export class Found {
  /** @param {History} history */
  constructor(history) {
    this.history = history;
    /** @type {PatternEvent[]} In the order in which they became known. */
    this.events = [];
  }

  /** Take what the server says of some kinds from its first bar on, up to `before`; ours of that time are forgotten.
   * @param {PatternAnswer} answer @param {string[]} kinds @param {number} [before] */
  take(answer, kinds, before = Infinity) {
    const first = answer.first ?? Infinity;
    const step = this.history.timeframeMs;
    const kept = this.events.filter(({ kind, known_at }) => {
      const opened = known_at - step;
      return !kinds.includes(kind) || opened < first || opened >= before;
    });
    this.events = [...kept, ...this.read(answer)].sort((a, b) => a.known_at - b.known_at);
    this.place();
  }

  /** @param {PatternAnswer} answer @returns {PatternEvent[]} */
  read({ events, patterns }) {
    const shapes = new Map(patterns.map((shape) => [shape.name, shape]));
    const names = /** @type {(keyof FoundPattern)[]} */ (Object.keys(events));
    return events.pattern.map((name, row) => {
      const shape = /** @type {PatternShape} */ (shapes.get(name));
      const told = Object.fromEntries(names.map((column) => [column, events[column][row]]));
      return /** @type {PatternEvent} */ ({ ...told, shape, layer: layerOf(shape) });
    });
  }

  /** Find the bars of all events anew, after bars came before ours. */
  place() {
    const step = this.history.timeframeMs;
    const at = (/** @type {number | null} */ time) => (time === null ? null : this.positionOf(time));
    const close = (/** @type {number | null} */ time) => (time === null ? null : this.positionOf(time - step));
    for (const event of this.events) {
      event.from = this.positionOf(event.start);
      event.known = this.positionOf(event.known_at - step);
      event.broke = close(event.broke_at);
      event.entered = at(event.entered_at);
      event.end = close(event.ended_at);
      event.corners = event.points.map(({ time, price }) => ({ at: this.positionOf(time), price }));
    }
  }

  /** The position of the bar that opened at a time; below 0, and guessed, where it is not loaded.
   * @param {number} time @returns {number} */
  positionOf(time) {
    const known = this.history.positions.get(time);
    if (known !== undefined) return known;
    const first = this.history.columns.open_time[0] ?? time;
    if (time < first) return Math.floor((time - first) / this.history.timeframeMs);
    return this.history.length;
  }
}

/** @param {PatternShape} shape @returns {PatternLayer} */
function layerOf({ kind, drawing }) {
  if (kind === "smc") return drawing === "zone" ? "zones" : "structure";
  return /** @type {PatternLayer} */ (kind);
}
