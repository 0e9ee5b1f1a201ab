// The equity picture of a backtest: strategy and buy-and-hold on a logarithmic scale, drawdown below.
import { AreaSeries, createChart, LineSeries, PriceScaleMode } from "lightweight-charts";
import { embedded, find } from "alphaplus/dom";
import { iso } from "alphaplus/format";

/** @type {{times: number[], equity: number[], buy_and_hold: (number | null)[], drawdown: number[]}} */
const curves = embedded("curves");
const container = find("#equity");
const colour = (/** @type {string} */ name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const points = (/** @type {(number | null)[]} */ values) =>
  curves.times.map((ms, i) => ({ time: /** @type {any} */ (ms / 1000), ...(values[i] === null ? {} : { value: values[i] }) }));

const chart = createChart(container, {
  autoSize: true,
  timeScale: { timeVisible: true, minBarSpacing: 0.001 },
  localization: { timeFormatter: (/** @type {any} */ time) => iso(time * 1000).slice(0, 16).replace("T", " ") },
  rightPriceScale: { mode: PriceScaleMode.Logarithmic, minimumWidth: 64 },
  handleScroll: { mouseWheel: false },
  handleScale: { mouseWheel: false }, // the wheel scrolls the page; drag and pinch work
});
const hold = chart.addSeries(LineSeries, { lineWidth: 1, title: "buy & hold", priceLineVisible: false });
const equity = chart.addSeries(AreaSeries, { lineWidth: 2, title: "strategy", priceLineVisible: false });
const drawdown = chart.addSeries(
  AreaSeries,
  {
    invertFilledArea: true,
    lineWidth: 1,
    title: "drawdown",
    priceLineVisible: false,
    priceFormat: { type: "custom", minMove: 0.01, formatter: (/** @type {number} */ value) => `${value.toFixed(1).replace("-", "−")} %` },
  },
  1,
);
hold.setData(/** @type {any} */ (points(curves.buy_and_hold)));
equity.setData(/** @type {any} */ (points(curves.equity)));
drawdown.setData(/** @type {any} */ (points(curves.drawdown.map((share) => 100 * share))));
drawdown.priceScale().applyOptions({ mode: PriceScaleMode.Normal });
chart.panes().forEach((pane, index) => pane.setStretchFactor([3, 1][index]));
chart.timeScale().fitContent();

function paint() {
  const line = colour("line");
  chart.applyOptions({
    layout: { background: { color: colour("panel") }, textColor: colour("muted"), panes: { separatorColor: line } },
    grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
  });
  const [up, down] = [colour("up"), colour("down")];
  equity.applyOptions({ lineColor: up, topColor: `${up}44`, bottomColor: `${up}05` });
  hold.applyOptions({ color: colour("muted") });
  drawdown.applyOptions({ lineColor: down, topColor: `${down}05`, bottomColor: `${down}55` });
}
addEventListener("alphaplus:theme", paint);
paint();
requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = "true")));
