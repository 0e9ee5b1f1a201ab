// The pill that says whether what you see is live: live, stale, reconnecting, paused, finished or without a feed.
import { find, write } from "alphaplus/dom";
import { duration } from "alphaplus/format";

const SHORTEST_MS = 3000;
const WORDS = /** @type {Record<string, string>} */ ({
  connecting: "connecting",
  live: "live",
  stale: "stale",
  reconnecting: "reconnecting",
  paused: "paused",
  finished: "replay finished",
  idle: "no feed running",
});

/** Watches the stream and keeps the pill true. */
export class Pill {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.word = find("#live-word");
    this.since = find("#live-since");
    this.connection = "connecting";
    /** @type {string | null} State of the feed behind the stream, null when there is none. */
    this.feed = null;
    this.lastAt = 0;
    this.interval = 1000; // slow average of the time between two messages
    setInterval(() => this.show(), 500);
  }

  /** @param {"connecting" | "open" | "down"} state */
  connected(state) {
    this.connection = state;
    this.show();
  }

  /** @param {{state: string} | null} feed */
  feeds(feed) {
    this.feed = feed?.state ?? null;
    this.show();
  }

  /** A bar has come. */
  beat() {
    const now = performance.now();
    if (this.lastAt) this.interval += 0.1 * (Math.min(now - this.lastAt, 3_600_000) - this.interval);
    this.lastAt = now;
    if (this.feed === null) this.feed = "running";
    if (this.element.dataset.state !== "live") this.show();
  }

  /** The one state that is true now. @returns {string} */
  state() {
    if (this.connection === "down") return "reconnecting";
    if (this.connection === "connecting") return "connecting";
    if (this.feed === "finished" || this.feed === "paused") return this.feed;
    if (this.feed === null) return "idle";
    if (!this.lastAt) return "connecting";
    return performance.now() - this.lastAt > Math.max(SHORTEST_MS, 3 * this.interval) ? "stale" : "live";
  }

  show() {
    const state = this.state();
    if (this.element.dataset.state !== state) this.element.dataset.state = state;
    write(this.word, WORDS[state]);
    const counts = (state === "stale" || state === "reconnecting") && this.lastAt > 0;
    write(this.since, counts ? duration(performance.now() - this.lastAt) : "");
  }
}
