// The bars of a chart as columns, oldest first: loaded, carried on live, prolonged into the past.
import { nextEma, Rsi } from "alphaplus/chart/indicators";
/** @import { Chart, LiveBar, Signal } from "alphaplus/types" */

/** @typedef {"open_time" | "open" | "high" | "low" | "close" | "volume" | "ema_20" | "ema_50" | "rsi_14"
 * | "probability"} Column */

/** @type {Column[]} */
const COLUMNS = ["open_time", "open", "high", "low", "close", "volume", "ema_20", "ema_50", "rsi_14", "probability"];

/** Everything that is known about one series. The newest bar may still be forming. */
export class History {
  /** @param {Chart} chart @param {number} timeframeMs */
  constructor(chart, timeframeMs) {
    this.timeframeMs = timeframeMs;
    this.chart = chart;
    /** @type {Record<Column, any[]>} */
    this.columns = byColumn((name) => [...chart[name]]);
    this.signals = [...chart.signals];
    this.gaps = [...chart.gaps];
    this.hasMore = chart.has_more;
    this.forming = false;
    this.dropped = 0;
    /** @type {Map<number, number>} Position by open time. */
    this.positions = new Map();
    this.rsi = new Rsi([]);
    this.recount();
  }

  get length() {
    return this.columns.open_time.length;
  }

  /** Bars that are closed. */
  get closed() {
    return this.length - (this.forming ? 1 : 0);
  }

  /** @param {number} position @returns {Record<Column, any>} */
  at(position) {
    return byColumn((name) => this.columns[name][position]);
  }

  /** When the bar at a position became known. @param {number} position @returns {number} */
  asOf(position) {
    return this.columns.open_time[position] + this.timeframeMs;
  }

  /** The position of the bar that closed at a time. @param {number} asOf @returns {number | undefined} */
  positionOf(asOf) {
    return this.positions.get(asOf - this.timeframeMs);
  }

  /** Whether bars may be missing between the newest one and this one. @param {LiveBar} bar @returns {boolean} */
  leavesGap(bar) {
    const newest = this.columns.open_time[this.length - 1];
    const unclosed = this.forming && bar.open_time > newest;
    return this.length > 0 && (unclosed || bar.open_time > newest + this.timeframeMs);
  }

  /** Take a bar from the stream; one that is older than the newest, or closed already, is dropped and counted.
   * @param {LiveBar} bar @returns {boolean} Whether it was taken. */
  take(bar) {
    const newest = this.length ? this.columns.open_time[this.length - 1] : -Infinity;
    if (bar.open_time < newest || (bar.open_time === newest && !this.forming)) {
      this.dropped += 1;
      return false;
    }
    if (bar.open_time > newest) {
      if (this.forming) this.forming = false;
      this.positions.set(bar.open_time, this.length);
    }
    this.write(bar);
    this.forming = !bar.closed;
    if (bar.closed) this.rsi.push(bar.close);
    return true;
  }

  /** @param {LiveBar} bar */
  write(bar) {
    const position = /** @type {number} */ (this.positions.get(bar.open_time));
    const { columns } = this;
    for (const name of /** @type {Column[]} */ (["open_time", "open", "high", "low", "close", "volume"])) {
      columns[name][position] = /** @type {any} */ (bar)[name];
    }
    columns.probability[position] = bar.probability;
    columns.ema_20[position] = nextEma(columns.ema_20[position - 1] ?? null, bar.close, 20);
    columns.ema_50[position] = nextEma(columns.ema_50[position - 1] ?? null, bar.close, 50);
    columns.rsi_14[position] = this.rsi.peek(bar.close);
  }

  /** Put the newest bars, as the server has them, over ours: after a break in the stream nothing is lost or twice.
   * @param {Chart} tail @returns {boolean} False where the tail does not reach back to what we have. */
  mend(tail) {
    const first = tail.open_time[0];
    if (first === undefined) return true;
    const closedUntil = this.columns.open_time[this.closed - 1];
    if (this.length && first > closedUntil + this.timeframeMs && tail.has_more) return false;
    const newest = tail.open_time[tail.open_time.length - 1];
    const keptLive = this.columns.open_time.findIndex((/** @type {number} */ time) => time > newest);
    const live = keptLive < 0 ? null : this.slice(keptLive);
    const cut = this.columns.open_time.findIndex((/** @type {number} */ time) => time >= first);
    const head = this.slice(0, cut < 0 ? this.length : cut);
    for (const name of COLUMNS) {
      this.columns[name] = [...head[name], ...tail[name], ...(live ? live[name] : [])];
    }
    if (!live) this.forming = false;
    const asOf = first + this.timeframeMs;
    const last = newest + this.timeframeMs;
    this.signals = [
      ...this.signals.filter((signal) => signal.as_of < asOf),
      ...tail.signals,
      ...this.signals.filter((signal) => signal.as_of > last),
    ];
    this.gaps = [...this.gaps.filter((gap) => gap.start < first), ...tail.gaps.filter((gap) => gap.start >= first)];
    this.recount();
    return true;
  }

  /** Put older bars before ours. @param {Chart} older @returns {number} How many came. */
  prolong(older) {
    const oldest = this.columns.open_time[0];
    const count = older.open_time.filter((time) => time < oldest).length;
    for (const name of COLUMNS) this.columns[name] = [...older[name].slice(0, count), ...this.columns[name]];
    const known = new Set(this.signals.map((signal) => signal.as_of));
    this.signals = [...older.signals.filter((signal) => !known.has(signal.as_of)), ...this.signals];
    const gaps = new Set(this.gaps.map((gap) => gap.start));
    this.gaps = [...older.gaps.filter((gap) => !gaps.has(gap.start)), ...this.gaps];
    this.hasMore = older.has_more && count > 0;
    this.recount();
    return count;
  }

  /** Add the signal of a decision that has just been made, or replace it. @param {Signal} signal */
  addSignal(signal) {
    this.signals = [...this.signals.filter((known) => known.as_of !== signal.as_of), signal];
    this.signals.sort((a, b) => a.as_of - b.as_of);
  }

  /** @param {number} from @param {number} [to] @returns {Record<Column, any[]>} */
  slice(from, to) {
    return byColumn((name) => this.columns[name].slice(from, to));
  }

  recount() {
    this.positions = new Map(this.columns.open_time.map((time, position) => [time, position]));
    this.rsi = new Rsi(this.columns.close.slice(0, this.closed));
  }
}

/** One value for each column. @param {(name: Column) => any} value @returns {Record<Column, any>} */
function byColumn(value) {
  return /** @type {Record<Column, any>} */ (Object.fromEntries(COLUMNS.map((name) => [name, value(name)])));
}
