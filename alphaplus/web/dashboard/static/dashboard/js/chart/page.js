// The chart page: loads, draws, follows the stream, and shows past decisions under the crosshair.
import { loadChart, loadDecision, PAGE_BARS, TAIL_BARS, Unanswered } from "alphaplus/chart/data";
import { History } from "alphaplus/chart/history";
import { wireKeys } from "alphaplus/chart/keys";
import { remember, wireLayers } from "alphaplus/chart/layers";
import { showLegend, showPrice } from "alphaplus/chart/legend";
import { Live } from "alphaplus/chart/live";
import { showDecision } from "alphaplus/chart/panel";
import { SignalList } from "alphaplus/chart/signals";
import { fillTable } from "alphaplus/chart/table";
import { embedded, find, make, write } from "alphaplus/dom";
/** @import { ChartView } from "alphaplus/chart/view" */
/** @import { Layer } from "alphaplus/chart/layers" */
/** @import { PatternLayers } from "alphaplus/patterns/layers" */
/** @import { Decision, ModelName, Page, Signal } from "alphaplus/types" */

const VIEW = "alphaplus/chart/view"; // loaded late, because it needs the chart library
const PATTERNS = "alphaplus/patterns/layers"; // loaded after the first paint, which does not need it
const HOVER_MS = 90;
const MARGIN_BARS = 40; // older bars are asked for when fewer are left on the left
const MOST_PAGES = 10;

/** @type {Page} */
const page = embedded("page");
const container = find("#chart");

/** The state of the page and what can be done with it. */
class ChartPage {
  /** @param {History} history @param {ChartView | null} view Null where the chart library is not built. */
  constructor(history, view) {
    this.history = history;
    this.view = view;
    this.decision = history.chart.decision;
    /** @type {Map<number, Decision | null>} Stored decisions by bar close. */
    this.stored = new Map();
    /** @type {number | null} The bar close whose stored decision is shown instead of the newest. */
    this.past = null;
    /** @type {number | null} The bar close that was gone to; it stays when the crosshair leaves. */
    this.pinned = null;
    /** @type {number | null} The bar close to go to as soon as its bar is there. */
    this.awaited = null;
    /** @type {number | null} The position that the timer waits to show. */
    this.hovered = null;
    this.hoverTimer = 0;
    /** @type {Promise<void> | null} */
    this.older = null;
    this.list = new SignalList((signal) => this.openSignal(signal));
    /** @type {PatternLayers | null} */
    this.patterns = null;
  }

  start() {
    this.showAll();
    showModel(this.history.chart.model);
    const press = wireLayers((layer, visible) => this.show(layer, visible));
    this.wireView();
    const logarithm = find("#logarithm");
    const logarithmic = () => {
      const on = logarithm.getAttribute("aria-pressed") !== "true";
      logarithm.setAttribute("aria-pressed", String(on));
      this.view?.logarithmic(on);
      remember("scale", on ? "log" : "");
    };
    logarithm.addEventListener("click", logarithmic);
    if (new URLSearchParams(location.search).get("scale") === "log") logarithmic();
    find("#as-table").addEventListener("click", () => this.toggleTable());
    find("#newest").addEventListener("click", () => this.newest());
    find("#leave-past-button").addEventListener("click", () => this.leavePast());
    wireKeys(container, {
      step: (direction) => this.list.step(direction),
      zoom: (factor) => this.view?.zoom(factor),
      pan: (share) => this.view?.pan(share),
      newest: () => this.newest(),
      logarithmic,
      table: () => this.toggleTable(),
      density: () => this.patterns?.nextDensity(),
      leave: () => this.leavePast(),
      layer: press,
    });
    addEventListener("alphaplus:zone", () => {
      this.view?.applyZone();
      this.showAll();
    });
    addEventListener("alphaplus:theme", () => this.view?.applyTheme());
    if (!this.view) this.toggleTable(true);
  }

  /** @param {Layer} layer @param {boolean} visible */
  show(layer, visible) {
    if (layer === "signals" || layer === "averages" || layer === "volume" || layer === "gaps") this.view?.show(layer, visible);
    else this.patterns?.show(layer, visible);
  }

  /** Find patterns on what is loaded, from now on. */
  async addPatterns() {
    const loaded = await import(PATTERNS).catch(() => null); // the server may have gone away since the page came
    if (!loaded) {
      find("#pattern-state").textContent = "patterns could not be loaded: reload the page";
      return;
    }
    this.patterns = new loaded.PatternLayers(page, this);
    this.showTable();
  }

  wireView() {
    const { view } = this;
    if (!view) return;
    view.onHover((position, pointed) => this.hover(position, pointed));
    view.onLeftEdge(MARGIN_BARS, () => this.loadOlder());
    const at = Number(new URLSearchParams(location.search).get("at"));
    if (at) this.goToTime(at);
  }

  /** Show everything beside the picture anew. */
  showAll() {
    showLegend(this.history, this.history.length - 1);
    showPrice(this.history);
    this.list.show(this.history.signals);
    this.showPanel();
    this.showTable();
    this.count();
  }

  /** The picture and everything beside it, after a change anywhere in the history. */
  redraw() {
    this.view?.setAll();
    this.patterns?.follow();
    this.showAll();
    this.goToAwaited();
  }

  /** The newest bar has changed. @param {number} position */
  advance(position) {
    this.view?.update(position);
    showPrice(this.history);
    if (this.past === null) showLegend(this.history, this.history.length - 1);
    if (!this.history.forming) this.patterns?.follow();
    this.count();
    this.goToAwaited();
  }

  /** Figures that tests and the curious read. */
  count() {
    const { columns, closed, dropped } = this.history;
    Object.assign(container.dataset, {
      bars: String(closed),
      first: String(columns.open_time[0] ?? ""),
      last: String(columns.open_time[closed - 1] ?? ""),
      dropped: String(dropped),
    });
  }

  /** A decision has been made. @param {Decision} decision */
  decide(decision) {
    if (this.decision && decision.as_of < this.decision.as_of) return;
    this.decision = decision;
    this.stored.set(decision.as_of, decision);
    if (decision.side !== "hold" && decision.entry !== null) {
      const { as_of, side, confidence, probability, entry, stop, target } = decision;
      this.history.addSignal({ as_of, side, confidence, probability, entry, stop, target, status: "active", return_pct: null });
      this.view?.setMarkers();
      this.list.show(this.history.signals);
    }
    this.showPanel();
  }

  /** The newest decision, or that of a past bar once it is known; until then the panel stays as it is. */
  showPanel() {
    const { past } = this;
    find("#leave-past").hidden = past === null;
    if (past === null) {
      const missing = "No decision yet: one is taken at each bar close while a replay or the live loop runs.";
      showDecision(this.decision, { ...this.shown(), when: "now", asOf: null, missing });
    } else if (this.stored.has(past)) {
      showDecision(this.stored.get(past) ?? null, { ...this.shown(), when: "past", asOf: past });
    }
  }

  /** What the panel needs to know of this chart. */
  shown() {
    return { precision: this.history.chart.precision, modelUrl: page.model_url };
  }

  /** A bar that was gone to stays shown until a pointer points at another one.
   * @param {number | null} position @param {boolean} pointed */
  hover(position, pointed) {
    if (this.pinned !== null && (position === null || !pointed)) position = this.history.positionOf(this.pinned) ?? null;
    showLegend(this.history, position ?? this.history.length - 1);
    if (this.hoverTimer && position === this.hovered) return; // every new bar tells of the same place once more
    this.cancelHover();
    this.hovered = position;
    this.hoverTimer = setTimeout(() => {
      this.hoverTimer = 0;
      this.showStored(position);
    }, HOVER_MS);
  }

  cancelHover() {
    clearTimeout(this.hoverTimer);
    this.hoverTimer = 0;
  }

  /** Show what was decided at a bar, as it is stored; at the newest one only where it was gone to.
   * @param {number | null} position */
  async showStored(position) {
    const last = this.history.closed - 1;
    const now = position === null || position > last || (position === last && this.history.asOf(last) !== this.pinned);
    const asOf = now ? null : this.history.asOf(position);
    if (asOf === this.past) return;
    this.past = asOf;
    if (asOf !== null && !this.stored.has(asOf)) {
      try {
        this.stored.set(asOf, await loadDecision(page, asOf));
      } catch (error) {
        announce(`The stored decision did not load: ${message(error)}`);
        if (asOf === this.past) showDecision(null, { ...this.shown(), when: "past", asOf, missing: "It did not load." });
        return;
      }
    }
    if (asOf === this.past) this.showPanel();
  }

  leavePast() {
    this.cancelHover(); // a bar that came just now may have asked for the past once more
    this.pinned = this.awaited = null;
    this.view?.hold(false);
    this.past = null;
    this.list.forget();
    this.view?.chart.clearCrosshairPosition();
    this.showPanel();
  }

  newest() {
    this.leavePast();
    this.view?.newest();
  }

  /** @param {Signal} signal */
  openSignal(signal) {
    this.awaited = signal.as_of;
    this.goToAwaited();
    announce(this.list.describe(signal));
  }

  /** Go where a signal was opened, once its bar has closed here: decisions are heard of before bars are painted. */
  goToAwaited() {
    const position = this.awaited === null ? undefined : this.history.positionOf(this.awaited);
    if (position !== undefined && position < this.history.closed) this.goTo(position);
  }

  /** Bring a bar into sight and keep its stored decision shown. @param {number} position */
  goTo(position) {
    this.pinned = this.history.asOf(position);
    this.awaited = null;
    this.view?.hold(true);
    this.view?.goTo(position);
    this.cancelHover();
    this.showStored(position);
  }

  /** Bring a moment into sight, loading older bars as far as it takes. @param {number} at ms UTC */
  async goToTime(at) {
    for (let pages = 0; pages < MOST_PAGES && at < this.history.columns.open_time[0] && this.history.hasMore; pages += 1) {
      await this.loadOlder();
    }
    const times = this.history.columns.open_time;
    const position = times.findIndex((/** @type {number} */ time) => time + page.timeframe_ms > at);
    if (position < 0 || at < times[0]) announce("That moment is not among the bars that can be shown here.");
    else this.goTo(position);
  }

  /** Load a page of older bars; who asks while one is under way waits for the same. @returns {Promise<void>} */
  loadOlder() {
    if (!this.history.hasMore) return Promise.resolve();
    this.older ??= this.fetchOlder().finally(() => (this.older = null));
    return this.older;
  }

  async fetchOlder() {
    container.dataset.loading = "older";
    try {
      const before = this.history.columns.open_time[0];
      if (this.history.prolong(await loadChart(page, { limit: PAGE_BARS, before }))) this.redraw();
    } catch (error) {
      announce(`Older bars did not load: ${message(error)}`);
    }
    delete container.dataset.loading;
  }

  /** @param {boolean} [always] */
  toggleTable(always = false) {
    const table = find("#table-area");
    table.hidden = always ? false : !table.hidden;
    find("#as-table").setAttribute("aria-pressed", String(!table.hidden));
    find("#chart-area").classList.toggle("with-table", !table.hidden);
    this.showTable();
    if (!table.hidden && !always) table.focus();
  }

  /** @returns {{from: number, to: number}} Positions in sight, or the newest ones where there is no picture. */
  range() {
    return this.view?.range() ?? { from: this.history.length - 100, to: this.history.length };
  }

  showTable() {
    if (find("#table-area").hidden) return;
    fillTable(this.history, this.range());
    this.patterns?.showList();
  }
}

/** Name the model that serves, in the strip below. @param {ModelName | null} model */
function showModel(model) {
  const link = model && make("a", { href: page.model_url.replace(/0$/, String(model.number)) }, model.label);
  find("#model").replaceChildren(...(link ? ["model ", link, ` ${model.stage}`] : ["no model in production: rules only"]));
}

/** @param {unknown} error */
function message(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Say something to those who listen, and show it for a while. @param {string} text */
function announce(text) {
  write(find("#announcement"), text);
}

/** The designed state of a chart that could not be loaded. @param {unknown} error */
function showFailure(error) {
  document.body.dataset.state = "error";
  const status = error instanceof Unanswered ? error.status : -1;
  const id = error instanceof Unanswered && error.id ? ` Request ${error.id}.` : "";
  const retry = make("button", { type: "button" }, "Retry");
  retry.addEventListener("click", () => location.reload());
  const words = status === 404 ? "There are no bars of this series." : "The chart data did not load.";
  find("#chart-message").replaceChildren(
    make("div", { role: "alert" }, [
      make("h2", {}, words),
      make("p", {}, `${message(error)}.${id} Tried at ${new Date().toISOString().slice(11, 19)} UTC.`),
      retry,
    ]),
  );
  find("#chart-message").hidden = false;
  find("#live").hidden = true;
  write(find("#decision p"), "Not loaded.");
}

async function run() {
  const chart = await loadChart(page, { limit: page.first_bars });
  const history = new History(chart, page.timeframe_ms);
  find("#chart-message").hidden = true;
  let view = null;
  if (page.assets) {
    const { ChartView } = await import(VIEW);
    view = new ChartView(container, history);
  }
  const chartPage = new ChartPage(history, view);
  chartPage.start();
  const live = new Live(page, chartPage, () => loadChart(page, { limit: TAIL_BARS }));
  live.start();
  Object.assign(globalThis, { alphaplusChart: chartPage, alphaplusLive: live }); // for the console and the tests
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.body.dataset.ready = "true";
      chartPage.addPatterns();
    }),
  );
}

run().catch(showFailure);
