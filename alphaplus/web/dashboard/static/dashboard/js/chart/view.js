// The picture: candles, volume and averages, an RSI pane, a P(up) pane, markers and gaps, by lightweight-charts.
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  createTextWatermark,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  PriceScaleMode,
} from "lightweight-charts";
import { Gaps } from "alphaplus/chart/gaps";
import { iso, number, zoneName } from "alphaplus/format";
/** @import { History } from "alphaplus/chart/history" */
/** @import { Signal } from "alphaplus/types" */
/** @import { IChartApi } from "lightweight-charts" */


const FIRST_VIEW = 170; // bars shown at first on a wide screen
const ROOM = 8; // empty places to the right of the newest bar
const LABELLED = 190; // with more bars in sight, markers lose their text
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const LINES = /** @type {const} */ (["ema_20", "ema_50", "rsi_14", "probability"]);

const colour = (/** @type {string} */ name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** One chart in one element. */
export class ChartView {
  /** @param {HTMLElement} container @param {History} history */
  constructor(container, history) {
    this.history = history;
    this.container = container;
    this.layers = { signals: true, averages: true, volume: true, gaps: true };
    this.chart = createChart(container, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { minimumWidth: 64, entireTextOnly: true },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 8, minBarSpacing: 0.4 },
    });
    const series = addSeries(this.chart, history.chart.precision);
    this.candles = series.candles;
    this.volume = series.volume;
    this.lines = series.lines;
    this.rules = addRules(this.lines, history);
    this.up = this.down = this.muted = "";
    this.labelled = true;
    this.gaps = new Gaps();
    this.candles.attachPrimitive(/** @type {any} */ (this.gaps));
    this.markers = createSeriesMarkers(this.candles, []);
    this.silence = createTextWatermark(this.chart.panes()[2], { lines: [] });
    this.applyTheme();
    this.applyZone();
    this.setAll();
    this.showNewest();
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.relabel());
  }

  applyTheme() {
    const [up, down, line] = [colour("up"), colour("down"), colour("line")];
    this.muted = colour("muted");
    this.chart.applyOptions({
      layout: {
        background: { color: colour("ground") },
        textColor: this.muted,
        fontSize: 11,
        panes: { separatorColor: line, separatorHoverColor: colour("raised") },
      },
      grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.lines.ema_20.applyOptions({ color: colour("ema-fast") });
    this.lines.ema_50.applyOptions({ color: colour("ema-slow") });
    this.lines.rsi_14.applyOptions({ color: colour("rsi") });
    this.lines.probability.applyOptions({ color: colour("accent") });
    for (const rule of this.rules) rule.applyOptions({ color: colour("rule") });
    this.up = up;
    this.down = down;
    this.setVolume();
    this.setMarkers();
    this.setGaps();
    this.setSilence();
  }

  applyZone() {
    const local = (/** @type {any} */ seconds) => iso(seconds * 1000);
    this.chart.applyOptions({
      localization: {
        timeFormatter: (/** @type {any} */ seconds) =>
          `${local(seconds).slice(0, 16).replace("T", " ")} ${zoneName(seconds * 1000)}`,
      },
    });
    this.chart.applyOptions({
      timeScale: {
      tickMarkFormatter: (/** @type {any} */ seconds, /** @type {number} */ kind) => {
        const text = local(seconds);
        const month = MONTHS[Number(text.slice(5, 7)) - 1];
        return [text.slice(0, 4), month, `${Number(text.slice(8, 10))} ${month}`][kind] ?? text.slice(11, 16);
      },
      },
    });
  }

  /** Draw the whole history anew; what is in sight stays in sight. */
  setAll() {
    const { open_time: times, open, high, low, close } = this.history.columns;
    this.candles.setData(
      times.map((time, i) => ({ time: seconds(time), open: open[i], high: high[i], low: low[i], close: close[i] })),
    );
    this.setVolume();
    for (const name of LINES) {
      const values = this.history.columns[name];
      this.lines[name].setData(times.map((time, i) => point(time, values[i])));
    }
    this.setMarkers();
    this.setGaps();
    this.setSilence();
  }

  /** Draw the bar at a position, which is the newest or the one before it. @param {number} position */
  update(position) {
    const bar = this.history.at(position);
    const time = seconds(bar.open_time);
    this.candles.update({ time, open: bar.open, high: bar.high, low: bar.low, close: bar.close });
    this.volume.update(this.volumePoint(position));
    for (const name of LINES) this.lines[name].update(point(bar.open_time, bar[name]));
  }

  setVolume() {
    this.volume.setData(this.history.columns.open_time.map((_, i) => this.volumePoint(i)));
  }

  /** @param {number} i */
  volumePoint(i) {
    const { open_time: times, open, close, volume } = this.history.columns;
    return { time: seconds(times[i]), value: volume[i], color: `${close[i] >= open[i] ? this.up : this.down}55` };
  }

  setMarkers() {
    const shown = this.layers.signals ? this.history.signals : [];
    const known = shown.filter((signal) => this.history.positionOf(signal.as_of) !== undefined);
    this.markers.setMarkers(known.map((signal) => this.marker(signal)));
    this.container.dataset.markers = String(known.length);
  }

  /** Say why the pane of P(up) is empty, where it is. */
  setSilence() {
    const silent = this.history.columns.probability.every((value) => value === null);
    const text = "P(up): no model has spoken about these bars";
    this.silence.applyOptions({ lines: silent ? [{ text, color: this.muted, fontSize: 12 }] : [] });
  }

  /** @param {Signal} signal @returns {any} */
  marker(signal) {
    const long = signal.side === "long";
    const won = signal.return_pct === null ? "" : signal.return_pct > 0 ? " ✓" : " ✗";
    return {
      time: seconds(signal.as_of - this.history.timeframeMs),
      position: long ? "belowBar" : "aboveBar",
      shape: long ? "arrowUp" : "arrowDown",
      color: signal.return_pct !== null && signal.return_pct <= 0 ? this.muted : long ? this.up : this.down,
      text: this.labelled ? `${number(signal.confidence * 100, 0)}${won}` : undefined,
    };
  }

  /** With many bars in sight the arrows stay and their texts go. */
  relabel() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const labelled = range !== null && range.to - range.from <= LABELLED;
    if (labelled === this.labelled) return;
    this.labelled = labelled;
    this.setMarkers();
  }

  setGaps() {
    const step = this.history.timeframeMs;
    const bands = this.history.gaps.map((gap) => ({ time: seconds(gap.start + gap.bars * step), bars: gap.bars }));
    this.gaps.set(bands, this.muted);
  }

  /** @param {"signals" | "averages" | "volume" | "gaps"} layer @param {boolean} visible */
  show(layer, visible) {
    this.layers[layer] = visible;
    if (layer === "signals") this.setMarkers();
    else if (layer === "gaps") this.gaps.show(visible);
    else if (layer === "volume") this.volume.applyOptions({ visible });
    else for (const name of /** @type {const} */ (["ema_20", "ema_50"])) this.lines[name].applyOptions({ visible });
  }

  /** @param {boolean} on */
  logarithmic(on) {
    this.chart.priceScale("right").applyOptions({ mode: on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
  }

  showNewest() {
    this.showLast(Math.min(FIRST_VIEW, Math.max(60, Math.round(this.container.clientWidth / 6))));
  }

  /** Put the newest bar at the right edge. @param {number} width Bars in sight. */
  showLast(width) {
    const last = this.history.length - 1;
    this.chart.timeScale().setVisibleLogicalRange({ from: last - width, to: last + ROOM });
  }

  /** Bring a bar into the middle and mark it. @param {number} position */
  goTo(position) {
    const range = this.range();
    const half = Math.min(120, Math.max(40, (range.to - range.from) / 2));
    this.chart.timeScale().setVisibleLogicalRange({ from: position - half, to: position + half });
    const bar = this.history.at(position);
    this.chart.setCrosshairPosition(bar.close, seconds(bar.open_time), this.candles);
  }

  /** @returns {{from: number, to: number}} Positions in sight. */
  range() {
    return this.chart.timeScale().getVisibleLogicalRange() ?? { from: 0, to: this.history.length };
  }

  /** Move by a share of what is in sight. @param {number} share */
  pan(share) {
    const { from, to } = this.range();
    const shift = share * (to - from);
    this.chart.timeScale().setVisibleLogicalRange({ from: from + shift, to: to + shift });
  }

  /** Show more or fewer bars, the right edge held. @param {number} factor */
  zoom(factor) {
    const { from, to } = this.range();
    this.chart.timeScale().setVisibleLogicalRange({ from: to - Math.max(10, (to - from) * factor), to });
  }

  /** Go to the newest bar at once: the library's own animated scroll is cut short by a bar that arrives meanwhile. */
  newest() {
    const { from, to } = this.range();
    this.showLast(to - from - ROOM);
  }

  /** Keep what is in sight where it is when new bars come, or follow them again. @param {boolean} held */
  hold(held) {
    this.chart.applyOptions({ timeScale: { shiftVisibleRangeOnNewBar: !held } });
  }

  /** Hear the position under the crosshair, or null when it has gone, and whether a pointer moved it there.
   * @param {(position: number | null, pointed: boolean) => void} hear */
  onHover(hear) {
    this.chart.subscribeCrosshairMove((event) => {
      const time = event.time === undefined ? undefined : Number(event.time) * 1000;
      hear(time === undefined ? null : (this.history.positions.get(time) ?? null), event.sourceEvent !== undefined);
    });
  }

  /** Hear when fewer than `margin` bars are left on the left. @param {number} margin @param {() => void} hear */
  onLeftEdge(margin, hear) {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < margin) hear();
    });
  }
}

/** Three panes: candles with volume and averages, RSI, and the probability of up.
 * @param {IChartApi} chart @param {number} precision */
function addSeries(chart, precision) {
  const price = fixed(precision);
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false, priceFormat: price });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
  const line = (/** @type {number} */ pane, /** @type {object} */ options) =>
    chart.addSeries(
      LineSeries,
      { lineWidth: 1, priceLineVisible: false, crosshairMarkerVisible: false, ...options },
      pane,
    );
  const lines = {
    ema_20: line(0, { lastValueVisible: false, priceFormat: price }),
    ema_50: line(0, { lastValueVisible: false, priceFormat: price }),
    rsi_14: line(1, { title: "RSI 14", priceFormat: fixed(1) }),
    probability: line(2, { title: "P(up)", lineWidth: 2, priceFormat: fixed(3) }),
  };
  lines.rsi_14.applyOptions({ autoscaleInfoProvider: () => ({ priceRange: { minValue: 5, maxValue: 95 } }) });
  lines.probability.applyOptions({
    autoscaleInfoProvider: (/** @type {() => any} */ original) => symmetric(original()),
  });
  for (const series of [lines.rsi_14, lines.probability]) {
    series.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.1 }, entireTextOnly: true });
  }
  chart.panes().forEach((pane, index) => pane.setStretchFactor([6, 1.1, 1.3][index]));
  return { candles, volume, lines };
}

/** The dashed lines of the lower panes. @param {ReturnType<typeof addSeries>["lines"]} lines
 * @param {History} history */
function addRules(lines, history) {
  const rule = (/** @type {any} */ series, /** @type {number} */ price) =>
    series.createPriceLine({ price, lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: false });
  return [
    rule(lines.rsi_14, 70),
    rule(lines.rsi_14, 30),
    ...thresholds(history).map((price) => rule(lines.probability, price)),
  ];
}

/** A price format with a fixed count of decimals. @param {number} digits
 * @returns {{type: "price", precision: number, minMove: number}} */
function fixed(digits) {
  return { type: "price", precision: digits, minMove: 10 ** -digits };
}

/** @param {number} ms @returns {any} */
function seconds(ms) {
  return ms / 1000;
}

/** @param {number} time @param {number | null | undefined} value */
function point(time, value) {
  return value === null || value === undefined ? { time: seconds(time) } : { time: seconds(time), value };
}

/** Where the line of P(up) is read against. @param {History} history @returns {number[]} */
function thresholds(history) {
  return [0.5, ...(/** @type {any} */ (history.chart).thresholds ?? [])];
}

/** A range around one half, so that up and down read alike. @param {any} info */
function symmetric(info) {
  if (!info?.priceRange) return info;
  const { minValue, maxValue } = info.priceRange;
  const half = Math.max(0.06, Math.abs(minValue - 0.5), Math.abs(maxValue - 0.5));
  return { ...info, priceRange: { minValue: 0.5 - half, maxValue: 0.5 + half } };
}
