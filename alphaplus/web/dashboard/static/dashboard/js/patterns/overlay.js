// All patterns on the candles, as one primitive of the chart: zones and trades behind the bars, the rest before them.
import { drawTrades, nameEntries } from "alphaplus/patterns/entries";
import { drawFigures } from "alphaplus/patterns/figures";
import { markCandles, markVolume } from "alphaplus/patterns/marks";
import { Pen } from "alphaplus/patterns/pen";
import { drawStructure } from "alphaplus/patterns/structure";
import { drawZones, nameZones } from "alphaplus/patterns/zones";
/** @import { Look } from "alphaplus/patterns/pen" */
/** @import { PatternEvent, PatternLayer } from "alphaplus/types" */
/** @import { History } from "alphaplus/chart/history" */

/** @typedef {Record<PatternLayer, PatternEvent[]>} Chosen */

const LEGEND = 40; // pixels at the top that belong to the line over the chart

/** A series primitive of lightweight-charts. It never asks for room: what lies beyond the prices in sight stays out. */
export class Overlay {
  /** @param {History} history @param {() => Chosen} choice What is drawn now. */
  constructor(history, choice) {
    this.history = history;
    this.choice = choice;
    /** @type {Look | null} */
    this.look = null;
    const { columns } = history;
    this.bars = {
      low: (/** @type {number} */ position) => columns.low[position],
      high: (/** @type {number} */ position) => columns.high[position],
    };
    const view = (/** @type {"bottom" | "top"} */ order, /** @type {(pen: Pen) => void} */ paint) => ({
      zOrder: () => order,
      renderer: () => ({ draw: (/** @type {any} */ target) => this.draw(target, paint) }),
    });
    this.views = [view("bottom", (pen) => this.behind(pen)), view("top", (pen) => this.before(pen))];
  }

  attached(/** @type {any} */ { chart, series, requestUpdate }) {
    this.chart = chart;
    this.series = series;
    this.requestUpdate = requestUpdate;
  }

  detached() {
    this.chart = null;
  }

  updateAllViews() {
    this.chosen = this.choice();
  }

  paneViews() {
    return this.views;
  }

  /** Draw anew with the next frame. @param {Look} [look] */
  refresh(look) {
    if (look) this.look = look;
    this.requestUpdate?.();
  }

  /** @param {any} target @param {(pen: Pen) => void} paint */
  draw(target, paint) {
    const { chart, series, look } = this;
    if (!chart || !look) return;
    target.useMediaCoordinateSpace((/** @type {any} */ { context, mediaSize }) => {
      const scale = chart.timeScale();
      const scales = {
        x: (/** @type {number} */ position) => Math.round(scale.logicalToCoordinate(position) ?? -1) + 0.5,
        y: (/** @type {number} */ price) => series.priceToCoordinate(price) ?? -1,
      };
      context.save();
      paint(new Pen(context, mediaSize, scales, look));
      context.restore();
    });
  }

  /** @param {Pen} pen */
  behind(pen) {
    const chosen = this.chosen ?? this.choice();
    drawZones(pen, chosen.zones);
    drawTrades(pen, chosen.entries, this.history.length - 1);
  }

  /** @param {Pen} pen */
  before(pen) {
    const chosen = this.chosen ?? this.choice();
    pen.taken.push({ x: 0, y: 0, width: pen.size.width, height: LEGEND });
    markVolume(pen, chosen.volume_patterns);
    markCandles(pen, chosen.candles, this.bars);
    nameEntries(pen, chosen.entries, this.bars);
    drawFigures(pen, chosen.figures, this.history.length - 1);
    drawStructure(pen, chosen.structure);
    nameZones(pen, chosen.zones);
  }
}
