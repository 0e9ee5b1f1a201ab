// The same bars as a table: for those who do not see the picture, and for when it cannot be drawn.
import { find, make } from "alphaplus/dom";
import { number, percent, time, volume, zoneName } from "alphaplus/format";
/** @import { History } from "alphaplus/chart/history" */
/** @import { Signal } from "alphaplus/types" */


const LIMIT = 300;

/** Fill the table with the bars in sight, newest first. @param {History} history
 * @param {{from: number, to: number}} range Positions. */
export function fillTable(history, range) {
  const last = Math.min(history.length - 1, Math.floor(range.to));
  const first = Math.max(0, Math.ceil(range.from), last - LIMIT + 1);
  const signals = new Map(history.signals.map((signal) => [signal.as_of, signal]));
  const rows = [];
  for (let i = last; i >= first; i -= 1) rows.push(row(history, i, signals.get(history.asOf(i))));
  const zone = zoneName(history.columns.open_time[last] ?? 0);
  find("#table caption").textContent =
    `${history.chart.symbol} ${history.chart.timeframe}: ${rows.length} bars in sight, newest first; times are openings in ${zone}`;
  find("#table tbody").replaceChildren(...rows);
}

/** @param {History} history @param {number} position @param {Signal | undefined} signal */
function row(history, position, signal) {
  const bar = history.at(position);
  const { precision } = history.chart;
  const gap = history.gaps.find((one) => one.start + one.bars * history.timeframeMs === bar.open_time);
  const forming = history.forming && position === history.length - 1;
  const note = [
    gap ? `${gap.bars} bars missing before` : "",
    forming ? "forming" : "",
    signal ? `${signal.side}, confidence ${percent(signal.confidence)}` : "",
  ];
  const figures = [
    ...["open", "high", "low", "close"].map((name) => number(/** @type {any} */ (bar)[name], precision)),
    volume(bar.volume),
    number(bar.ema_20, precision),
    number(bar.ema_50, precision),
    number(bar.rsi_14, 1),
    number(bar.probability, 3),
  ];
  return make("tr", {}, [
    make("th", { scope: "row" }, time(bar.open_time)),
    ...figures.map((text) => make("td", { class: "figure" }, text)),
    make("td", {}, note.filter(Boolean).join("; ")),
  ]);
}
