// The indicators of the chart carried on bar by bar, so that the forming bar has its values too.

/** One step of an exponential moving average. @param {number | null} previous @param {number} close
 * @param {number} window @returns {number | null} */
export function nextEma(previous, close, window) {
  return previous === null ? null : previous + (2 / (window + 1)) * (close - previous);
}

/** Wilder's relative strength index over 14 bars, carried on from a history of closes. */
export class Rsi {
  /** @param {number[]} closes Closed bars only; two hundred of them make the start immaterial. */
  constructor(closes) {
    this.window = 14;
    this.gain = 0;
    this.loss = 0;
    this.seen = 0;
    this.last = closes[0];
    for (const close of closes.slice(1)) this.push(close);
  }

  /** @param {number} close */
  push(close) {
    [this.gain, this.loss] = this.means(close);
    this.seen += 1;
    this.last = close;
  }

  /** The value that a close would give, without keeping it. @param {number} close @returns {number | null} */
  peek(close) {
    if (this.seen + 1 < this.window) return null;
    const [gain, loss] = this.means(close);
    return gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
  }

  /** @param {number} close @returns {[number, number]} */
  means(close) {
    const change = close - this.last;
    const weight = this.seen < this.window ? 1 / (this.seen + 1) : 1 / this.window;
    const mean = (/** @type {number} */ old, /** @type {number} */ now) => old + weight * (now - old);
    return [mean(this.gain, Math.max(change, 0)), mean(this.loss, Math.max(-change, 0))];
  }
}
