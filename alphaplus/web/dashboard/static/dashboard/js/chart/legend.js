// The line over the chart that spells out one bar, and the price in the top bar.
import { find, make, write } from "alphaplus/dom";
import { change, number, timeInZone, volume } from "alphaplus/format";
/** @import { History } from "alphaplus/chart/history" */


const DAY_MS = 86_400_000;

/** Spell out the bar at a position. @param {History} history @param {number} position */
export function showLegend(history, position) {
  if (position < 0 || position >= history.length) return;
  const bar = history.at(position);
  const { precision } = history.chart;
  const moved = 100 * (bar.close / bar.open - 1);
  const tone = moved >= 0 ? "up" : "down";
  const forming = history.forming && position === history.length - 1;
  const part = (/** @type {string} */ name, /** @type {string} */ value, tone = "") =>
    make("span", {}, [`${name} `, make("b", { class: tone }, value)]);
  find("#legend").replaceChildren(
    make("span", {}, `${timeInZone(bar.open_time)}${forming ? " · forming" : ""}`),
    part("O", number(bar.open, precision)),
    part("H", number(bar.high, precision)),
    part("L", number(bar.low, precision)),
    part("C", number(bar.close, precision), tone),
    make("span", { class: tone }, change(moved)),
    part("V", volume(bar.volume)),
    part("EMA 20", number(bar.ema_20, precision), "ema-fast"),
    part("EMA 50", number(bar.ema_50, precision), "ema-slow"),
    part("RSI", number(bar.rsi_14, 1)),
    part("P(up)", number(bar.probability, 3)),
  );
}

/** Show the newest price and its change over the last day. @param {History} history */
export function showPrice(history) {
  const { close, open_time: times } = history.columns;
  const last = history.length - 1;
  const price = find("#price");
  if (last < 0) return;
  write(price, number(close[last], history.chart.precision));
  let before = last;
  while (before > 0 && times[before] > times[last] - DAY_MS) before -= 1;
  const moved = 100 * (close[last] / close[before] - 1);
  const badge = find("#day-change");
  badge.className = moved >= 0 ? "up" : "down";
  write(badge, `${moved >= 0 ? "▲" : "▼"} ${change(moved)} 24 h`);
}
