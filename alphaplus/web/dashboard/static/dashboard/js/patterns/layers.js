// The layers of patterns on the chart page: asks for what is found, draws it, names it, and keeps it fresh.
import { loadPatterns } from "alphaplus/chart/data";
import { remember } from "alphaplus/chart/layers";
import { find, make, write } from "alphaplus/dom";
import { choose } from "alphaplus/patterns/choose";
import { Found, KINDS } from "alphaplus/patterns/found";
import { Overlay } from "alphaplus/patterns/overlay";
import { under } from "alphaplus/patterns/under";
import { lineOf, sentence } from "alphaplus/patterns/words";
/** @import { ChartView } from "alphaplus/chart/view" */
/** @import { History } from "alphaplus/chart/history" */
/** @import { Page, PatternAnswer, PatternEvent, PatternLayer } from "alphaplus/types" */
/** @import { Chosen } from "alphaplus/patterns/overlay" */
/** @typedef {{history: History, view: ChartView | null, range: () => {from: number, to: number}}} ChartPage */

const LAYERS = /** @type {PatternLayer[]} */ (Object.keys(KINDS));
const DENSITIES = ["3", "10", "all"];
const DENSITY_KEY = "alphaplus-density";
const PACE_MS = 1000; // from a bar to the question about it
const REST_MS = 8000; // from an answer to the next question at least: a fast replay in many tabs would ask without end
const NEAR = 4; // pixels
const NAMED = 4; // lines over the chart
const LISTED = 60;

/** The patterns of one chart page. */
export class PatternLayers {
  /** @param {Page} page @param {ChartPage} chart */
  constructor(page, chart) {
    this.page = page;
    this.chart = chart;
    this.found = new Found(chart.history);
    this.visible = new Set(LAYERS.filter((layer) => button(layer).getAttribute("aria-pressed") === "true"));
    /** @type {Map<string, {from: number, until: number}>} By kind, the bars that were asked about, first and last. */
    this.asked = new Map();
    this.lasting = Infinity;
    this.timer = 0;
    this.busy = false;
    this.answered = -Infinity;
    this.density = savedDensity();
    this.overlay = new Overlay(chart.history, () => this.chosen());
    this.wire();
    this.setDensity(this.density);
    this.update();
  }

  wire() {
    const { view } = this.chart;
    if (view) {
      view.candles.attachPrimitive(/** @type {any} */ (this.overlay));
      view.chart.subscribeCrosshairMove((/** @type {any} */ event) => this.name(event));
      this.overlay.refresh(look());
    }
    for (const one of DENSITIES) densityButton(one).addEventListener("click", () => this.setDensity(one));
    find("#pattern-retry").addEventListener("click", () => this.update());
    addEventListener("alphaplus:theme", () => this.overlay.refresh(look()));
    document.addEventListener("visibilitychange", () => document.hidden || this.follow());
  }

  /** @param {PatternLayer} layer @param {boolean} on */
  show(layer, on) {
    if (on) this.visible.add(layer);
    else this.visible.delete(layer);
    this.redraw();
    this.update();
  }

  nextDensity() {
    this.setDensity(DENSITIES[(DENSITIES.indexOf(this.density) + 1) % DENSITIES.length]);
  }

  /** @param {string} density */
  setDensity(density) {
    this.density = density;
    for (const one of DENSITIES) densityButton(one).setAttribute("aria-pressed", String(one === density));
    remember("density", density === DENSITIES[1] ? "" : density);
    try {
      localStorage.setItem(DENSITY_KEY, density);
    } catch {
      // storage may be forbidden: the address still has it
    }
    this.redraw();
  }

  /** A bar has closed, or others were loaded: ask for what is new, but not without end. */
  follow() {
    this.found.place();
    this.later(Math.max(PACE_MS, this.answered + REST_MS - performance.now()));
  }

  /** @param {number} ms */
  later(ms) {
    if (!this.timer && !document.hidden) this.timer = setTimeout(() => this.update(), ms);
  }

  /** Ask for what is missing; only one question at a time. */
  async update() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.busy) return;
    this.busy = true;
    find("#pattern-retry").hidden = true;
    let state = "ready";
    const asked = new Set(); // in this round, about newer or older bars: what the server lacks is asked for later
    try {
      for (let missing = this.missing(); missing; missing = this.missing()) {
        const side = missing.before === undefined ? "newer" : "older";
        if (asked.has(side)) {
          this.later(PACE_MS);
          break;
        }
        asked.add(side);
        const answer = await loadPatterns(this.page, missing);
        if (answer.state === "compiling") {
          state = "compiling";
          this.say("patterns: compiling, once; this takes a minute or two", state);
          this.later(answer.retry_ms);
          break;
        }
        this.take(answer, missing);
      }
      if (state === "ready") this.say("", state);
    } catch (error) {
      this.say(`patterns did not load: ${error instanceof Error ? error.message : error}`, "error");
      find("#pattern-retry").hidden = false;
    }
    this.busy = false;
    this.answered = performance.now();
  }

  /** What is shown and not known yet: the newest events of a kind, or those on older bars.
   * @returns {{kinds: string[], limit: number, before?: number} | null} */
  missing() {
    const { history } = this.chart;
    if (!history.closed) return null;
    const [first, last] = [history.columns.open_time[0], history.columns.open_time[history.closed - 1]];
    const kinds = [...new Set([...this.visible].map((layer) => KINDS[layer]))];
    const unknown = kinds.filter((kind) => !this.asked.has(kind));
    if (unknown.length) return { kinds: unknown, limit: history.closed };
    const short = kinds.filter((kind) => this.reach(kind).from > first);
    if (short.length) {
      const before = Math.min(...short.map((kind) => this.reach(kind).from));
      return { kinds: short, before, limit: Math.max(1, this.found.positionOf(before)) };
    }
    const late = kinds.filter((kind) => this.reach(kind).until < last);
    if (!late.length) return null;
    const oldest = Math.min(...late.map((kind) => this.reach(kind).until));
    const fresh = history.closed - 1 - this.found.positionOf(oldest);
    return { kinds: late, limit: Math.min(history.closed, fresh + this.lasting) };
  }

  /** @param {string} kind */
  reach(kind) {
    return this.asked.get(kind) ?? { from: Infinity, until: -Infinity };
  }

  /** @param {PatternAnswer} answer @param {{kinds: string[], before?: number}} question */
  take(answer, { kinds, before }) {
    const newest = Number(answer.as_of) - this.page.timeframe_ms;
    for (const kind of kinds) {
      const { from, until } = this.reach(kind);
      this.asked.set(kind, {
        from: Math.min(from, answer.first ?? -Infinity),
        until: before === undefined ? newest : until,
      });
    }
    this.lasting = answer.lasting;
    this.found.take(answer, kinds, before);
    this.redraw();
  }

  /** @param {string} words @param {string} state */
  say(words, state) {
    write(find("#pattern-state"), words);
    find("#chart").dataset.patterns = state;
  }

  redraw() {
    this.overlay.refresh();
    this.showList();
  }

  /** What is drawn now, by layer. @returns {Chosen} */
  chosen() {
    const { history } = this.chart;
    const range = this.chart.range();
    const last = history.length - 1;
    const price = history.columns.close[Math.max(0, Math.min(last, Math.floor(range.to)))];
    const most = this.density === "all" ? Infinity : Number(this.density);
    const pick = (/** @type {PatternLayer} */ layer) => {
      const events = this.visible.has(layer) ? this.found.events.filter((event) => event.layer === layer) : [];
      return [layer, choose(events, range, { last, price, most })];
    };
    return /** @type {Chosen} */ (Object.fromEntries(LAYERS.map(pick)));
  }

  /** Name what is under the cursor. @param {any} event */
  name({ point, logical, paneIndex }) {
    const { view, history } = this.chart;
    if (!point || !view || logical === undefined || paneIndex > 0) {
      find("#pattern-legend").replaceChildren();
      return;
    }
    const price = Number(view.candles.coordinateToPrice(point.y));
    const near = Math.abs(price - Number(view.candles.coordinateToPrice(point.y + NEAR)));
    const last = history.length - 1;
    const events = under(this.chosen(), { position: Math.round(logical), price, near, last });
    const rest = events.length - NAMED;
    find("#pattern-legend").replaceChildren(
      ...events.slice(0, NAMED).map((one) => make("span", { class: tone(one) }, lineOf(one, history.chart.precision))),
      ...(rest > 0 ? [make("span", {}, `and ${rest} more`)] : []),
    );
  }

  /** The same in words, beside the bars as a table. */
  showList() {
    if (find("#table-area").hidden) return;
    const { precision } = this.chart.history.chart;
    const events = Object.values(this.chosen()).flat().sort((a, b) => b.known_at - a.known_at);
    const more = events.length > LISTED ? `, the newest ${LISTED} of them` : "";
    write(find("#pattern-count"), `${events.length} patterns in sight${more}`);
    find("#pattern-list").replaceChildren(
      ...events.slice(0, LISTED).map((event) => make("li", { class: tone(event) }, sentence(event, precision))),
    );
  }
}

/** @param {PatternEvent} event */
function tone({ direction }) {
  return direction > 0 ? "up" : direction < 0 ? "down" : "amber";
}

/** @param {string} layer */
function button(layer) {
  return find(`[data-layer=${layer}]`);
}

/** @param {string} density */
function densityButton(density) {
  return find(`[data-density="${density}"]`);
}

/** The density in the address, else the one kept in this browser. @returns {string} */
function savedDensity() {
  const asked = new URLSearchParams(location.search).get("density");
  try {
    const saved = asked ?? localStorage.getItem(DENSITY_KEY);
    return saved && DENSITIES.includes(saved) ? saved : DENSITIES[1];
  } catch {
    return asked && DENSITIES.includes(asked) ? asked : DENSITIES[1];
  }
}

/** The colours of the theme. */
function look() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    up: colour("up"),
    down: colour("down"),
    flat: colour("amber"),
    muted: colour("muted"),
    text: colour("text"),
    ground: colour("ground"),
    fill: Number(colour("zone-fill")),
  };
}
