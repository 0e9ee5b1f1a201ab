// Carries the chart on: takes the stream's bars, paints once a frame, and mends the history after a break.
import { find, write } from "alphaplus/dom";
import { duration, number, timeInZone } from "alphaplus/format";
import { follow } from "alphaplus/live/stream";
import { Pill } from "alphaplus/live/pill";
/** @import { Chart, Feed, LiveBar, Page } from "alphaplus/types" */


const REFRESH_MS = 15_000; // how often the outcome of open signals is asked for
const TABLE_MS = 1000;
const LATENCIES = 200;
const LATE_MS = 60_000; // a running feed silent for longer says so

/** The live side of a chart page. */
export class Live {
  /** @param {Page} page @param {any} chart The chart page.
   * @param {() => Promise<Chart>} loadTail */
  constructor(page, chart, loadTail) {
    this.page = page;
    this.chart = chart;
    this.loadTail = loadTail;
    this.pill = new Pill(find("#live"));
    /** @type {Feed | null} */
    this.feed = null;
    this.mendedFor = 0;
    /** @type {LiveBar[]} Bars to paint: closed ones in order, then at most one that is forming. */
    this.waiting = [];
    this.frame = 0;
    this.mending = false;
    this.broken = false;
    /** @type {number[]} */
    this.latencies = [];
    this.counts = { received: 0, painted: 0, gaps: 0, malformed: 0, mended: 0 };
    this.lastSeq = 0;
    this.firstAt = 0;
    this.freshAt = performance.now();
  }

  start() {
    this.feeds(this.chart.history.chart.feed);
    follow(this.page.stream_url, this.page.worker || null, {
      state: (state) => this.connection(state),
      event: (event, data) => this.hear(event, data),
    });
    setInterval(() => this.each(), TABLE_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.paint());
  }

  /** @param {"connecting" | "open" | "down"} state */
  connection(state) {
    if (state === "down") this.broken = true;
    else if (state === "open" && this.broken) {
      this.broken = false;
      this.lastSeq = 0;
      this.mend();
    }
    this.pill.connected(state);
  }

  /** @param {string} event @param {any} data */
  hear(event, data) {
    if (event === "bar") this.bar(data);
    else if (event === "decision") this.chart.decide(data);
    else if (event === "feed") this.feeds(data);
    else if (event === "reset") this.mend(); // more was missed than the server keeps
    else if (event === "malformed") this.counts.malformed += 1;
  }

  /** @param {LiveBar} bar */
  bar(bar) {
    this.pill.beat();
    this.measure(bar);
    if (this.waiting.length && !this.waiting[this.waiting.length - 1].closed) this.waiting.pop();
    this.waiting.push(bar);
    if (!this.frame && !document.hidden) this.frame = requestAnimationFrame(() => this.paint());
  }

  /** @param {LiveBar} bar */
  measure(bar) {
    this.counts.received += 1;
    this.firstAt ||= performance.now();
    if (bar.seq) {
      if (this.lastSeq && bar.seq > this.lastSeq + 1) this.counts.gaps += 1;
      this.lastSeq = bar.seq; // bars that were missed and come again have none
    }
    this.latencies.push(Date.now() - bar.sent_at);
    if (this.latencies.length > LATENCIES) this.latencies.shift();
  }

  /** Draw what has come since the last frame. */
  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.mending) return;
    while (this.waiting.length) {
      if (this.chart.history.leavesGap(this.waiting[0]) && !this.mended(this.waiting[0])) {
        this.mend();
        return;
      }
      const bar = /** @type {LiveBar} */ (this.waiting.shift());
      if (!this.chart.history.take(bar)) continue;
      this.chart.advance(this.chart.history.length - 1);
      if (bar.closed && this.feed) {
        this.feed = { ...this.feed, as_of: bar.open_time + this.page.timeframe_ms, updated_at: bar.sent_at };
      }
    }
    this.counts.painted += 1;
    find("#chart").dataset.painted = String(this.counts.painted);
  }

  /** Whether the server was asked already what lies before this bar: then the hole is one of the market.
   * @param {LiveBar} bar */
  mended(bar) {
    return this.mendedFor === bar.open_time;
  }

  /** Put the server's newest bars over ours, then go on with what has come meanwhile. */
  async mend() {
    if (this.mending) return;
    this.mending = true;
    try {
      const tail = await this.loadTail();
      if (!this.chart.history.mend(tail)) location.reload(); // away for longer than a tail: begin anew
      if (tail.decision) this.chart.decide(tail.decision);
      this.feeds(tail.feed);
      this.chart.redraw();
      this.counts.mended += 1;
      this.mendedFor = this.waiting[0]?.open_time ?? 0;
      this.freshAt = performance.now();
      this.mending = false;
      this.paint();
    } catch {
      // The server went away again: the pill says so, and the next opening of the stream comes back here.
      this.mending = false;
      this.broken = true;
    }
  }

  /** Once a second: the strip below, the table, and now and then the outcomes of open signals. */
  each() {
    if (document.hidden) return;
    this.chart.showTable();
    this.showFeed();
    this.showPace();
    const open = this.chart.history.signals.some((/** @type {any} */ signal) => signal.return_pct === null);
    const fresh = performance.now() - this.freshAt < REFRESH_MS;
    if (open && !fresh && this.pill.state() === "live") this.mend();
  }

  showPace() {
    const seconds = (performance.now() - this.firstAt) / 1000;
    const sorted = [...this.latencies].sort((a, b) => a - b);
    const rate = this.firstAt && seconds > 2 ? `${number(this.counts.received / seconds, 1)} updates/s` : "";
    const late = sorted.length ? ` · ${number(sorted[sorted.length >> 1], 0)} ms behind` : "";
    write(find("#pace"), this.pill.state() === "live" ? rate + late : "");
  }

  /** A feed has said where it stands; what an older word of it says is passed over.
   * @param {Feed | null} feed */
  feeds(feed) {
    if (feed && this.feed && feed.updated_at < this.feed.updated_at) return;
    this.feed = feed;
    this.pill.feeds(feed);
    this.showFeed();
    if (feed && this.isBeyond(feed)) location.reload();
  }

  /** Whether a replay has begun in the past of what is on screen: then that is not known yet, and we begin anew.
   * @param {Feed} feed */
  isBeyond(feed) {
    const { history } = this.chart;
    if (feed.origin !== "replay" || feed.state !== "running" || !history.closed) return false;
    return history.asOf(history.closed - 1) > feed.as_of + this.page.timeframe_ms;
  }

  showFeed() {
    const { feed } = this;
    const strip = find("#feed");
    if (!feed) {
      write(strip, "no feed is running");
      return;
    }
    const speed = feed.speed ? ` at ${number(feed.speed, feed.speed < 10 ? 1 : 0)} bars/s` : "";
    const age = Date.now() - feed.updated_at;
    const late = feed.state === "running" && age > LATE_MS ? ` · last sign ${duration(age)} ago` : "";
    write(strip, `${feed.origin} ${feed.state}${speed} · data until ${timeInZone(feed.as_of)}${late}`);
  }
}
