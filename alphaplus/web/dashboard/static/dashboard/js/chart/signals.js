// The list of signals beside the chart, and walking through them by key.
import { find, make, write } from "alphaplus/dom";
import { change, number, percent, time, timeInZone } from "alphaplus/format";
/** @import { Signal } from "alphaplus/types" */


const SHOWN = 60;
const ENOUGH = 200; // below this many resolved signals a hit rate says nothing

/** What became of a signal, in words with a sign. @param {Signal} signal @returns {[string, string]} Text and tone. */
export function outcome(signal) {
  if (signal.return_pct === null) return [signal.status === "active" ? "open" : signal.status, "muted"];
  const won = signal.return_pct > 0;
  return [`${won ? "✓" : "✗"} ${change(signal.return_pct)}`, won ? "up" : "down"];
}

/** Signals as a table, newest first, with one of them current. */
export class SignalList {
  /** @param {(signal: Signal) => void} open What a click or a step does. */
  constructor(open) {
    this.open = open;
    /** @type {Signal[]} */
    this.signals = [];
    /** @type {number | null} As-of time of the current signal. */
    this.current = null;
    this.body = find("#signals tbody");
    this.body.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      const signal = this.signals.find((one) => String(one.as_of) === button?.dataset.asOf);
      if (signal) this.choose(signal);
    });
  }

  /** @param {Signal[]} signals Oldest first. */
  show(signals) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.asOf : undefined;
    this.signals = signals;
    this.body.replaceChildren(...signals.slice(-SHOWN).reverse().map((signal) => this.row(signal)));
    const again = focused ? this.body.querySelector(`button[data-as-of="${focused}"]`) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    write(find("#signal-count"), this.summary());
    find("#no-signals").hidden = signals.length > 0;
    find("#signals").hidden = signals.length === 0;
  }

  summary() {
    const resolved = this.signals.filter((signal) => signal.return_pct !== null);
    const rate = resolved.filter((signal) => Number(signal.return_pct) > 0).length / resolved.length;
    const hits = resolved.length < ENOUGH ? `${resolved.length} resolved: n too small` : `${percent(rate)} of ${resolved.length} won`;
    return `${this.signals.length} loaded · ${hits}`;
  }

  /** @param {Signal} signal */
  row(signal) {
    const [text, tone] = outcome(signal);
    const long = signal.side === "long";
    const current = signal.as_of === this.current;
    return make("tr", { "aria-current": current ? "true" : null }, [
      make("td", {}, [
        make("button", { type: "button", "data-as-of": signal.as_of, title: timeInZone(signal.as_of) }, time(signal.as_of).slice(2)),
      ]),
      make("td", { class: long ? "up" : "down" }, long ? "▲ long" : "▼ short"),
      make("td", { class: "figure" }, percent(signal.confidence)),
      make("td", { class: `figure ${tone}` }, text),
    ]);
  }

  /** Go to the next (+1) or previous (-1) signal; the first step takes the newest. @param {1 | -1} direction */
  step(direction) {
    if (!this.signals.length) return;
    const place = this.signals.findIndex((signal) => signal.as_of === this.current);
    const next = place < 0 ? this.signals.length - 1 : place + direction;
    this.choose(this.signals[Math.max(0, Math.min(this.signals.length - 1, next))]);
  }

  /** @param {Signal} signal */
  choose(signal) {
    this.current = signal.as_of;
    this.show(this.signals);
    this.open(signal);
  }

  forget() {
    this.current = null;
    this.show(this.signals);
  }

  /** A signal in words, for those who hear it. @param {Signal} signal @returns {string} */
  describe(signal) {
    const place = this.signals.indexOf(signal) + 1;
    const result =
      signal.return_pct === null ? "open" : `${signal.return_pct > 0 ? "win" : "loss"}, ${number(signal.return_pct, 2)} percent`;
    return (
      `Signal ${place} of ${this.signals.length}: ${signal.side}, confidence ${number(signal.confidence * 100, 0)} percent, ` +
      `${timeInZone(signal.as_of)}, ${result}`
    );
  }
}
