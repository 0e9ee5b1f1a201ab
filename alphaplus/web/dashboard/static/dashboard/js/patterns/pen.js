// Drawing in positions and prices, and labels that never lie on one another.

/** @typedef {{up: string, down: string, flat: string, muted: string, text: string, ground: string, fill: number}} Look */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

const FONT = "11px system-ui, sans-serif";
const LINE = 14; // height of a label
const MARGIN = 3;
const TRIES = [0, -1, 1, -2, 2]; // lines by which a label may give way

/** A canvas, with the scales of the chart. */
export class Pen {
  /** @param {CanvasRenderingContext2D} context @param {{width: number, height: number}} size In CSS pixels.
   * @param {{x: (position: number) => number, y: (price: number) => number}} scales @param {Look} look */
  constructor(context, size, { x, y }, look) {
    this.context = context;
    this.size = size;
    this.x = x;
    this.y = y;
    this.look = look;
    /** @type {Box[]} */
    this.taken = [];
    context.font = FONT;
    context.lineJoin = "round";
  }

  /** The colour of a direction. @param {number} direction @returns {string} */
  tone(direction) {
    return direction > 0 ? this.look.up : direction < 0 ? this.look.down : this.look.flat;
  }

  /** Draw through places given in pixels. @param {[number, number][]} places
   * @param {{colour: string, width?: number, dash?: number[], alpha?: number}} how */
  line(places, { colour, width = 1, dash = [], alpha = 1 }) {
    const { context } = this;
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    for (const [x, y] of places) context.lineTo(x, y);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /** Draw a flat line at a price, on whole pixels. @param {number} left @param {number} right @param {number} price
   * @param {{colour: string, width?: number, dash?: number[], alpha?: number}} how */
  level(left, right, price, how) {
    const y = Math.round(this.y(price)) + 0.5;
    this.line([[left, y], [right, y]], how);
  }

  /** Fill between two prices. @param {number} left @param {number} right @param {number} low @param {number} high
   * @param {{colour: string, alpha: number}} how */
  fill(left, right, low, high, { colour, alpha }) {
    const { context } = this;
    const top = Math.round(this.y(high));
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fillRect(left, top, Math.max(1, right - left), Math.max(1, Math.round(this.y(low)) - top));
    context.globalAlpha = 1;
  }

  /** Write a label where it, or a place a little above or below, is free; else not at all.
   * @param {string} text @param {{x: number, y: number, align?: "left" | "center" | "right", colour: string, alpha?: number}} where
   * `y` is its middle. @returns {boolean} */
  label(text, { x, y, align = "center", colour, alpha = 1 }) {
    const { context, size } = this;
    const width = context.measureText(text).width + 2 * MARGIN;
    const wished = align === "left" ? x : align === "right" ? x - width : x - width / 2;
    const left = Math.max(0, Math.min(wished, size.width - width));
    if (Math.abs(left - wished) > width) return false; // its place is out of sight
    for (const shift of TRIES) {
      const box = { x: left, y: y - LINE / 2 + shift * LINE, width, height: LINE };
      if (box.y < 0 || box.y + LINE > size.height || this.taken.some((other) => overlap(box, other))) continue;
      this.taken.push(box);
      context.globalAlpha = alpha;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.lineWidth = 3;
      context.strokeStyle = this.look.ground;
      context.strokeText(text, left + MARGIN, box.y + LINE / 2);
      context.fillStyle = colour;
      context.fillText(text, left + MARGIN, box.y + LINE / 2);
      context.globalAlpha = 1;
      return true;
    }
    return false;
  }

  /** Fill a triangle that points up (+1) or down (-1), or a diamond (0). @param {number} x @param {number} y Its tip, or
   * the middle of a diamond. @param {number} direction @param {number} size @param {string} colour */
  sign(x, y, direction, size, colour) {
    const { context } = this;
    context.fillStyle = colour;
    context.beginPath();
    if (direction === 0) {
      for (const [dx, dy] of [[0, -size], [size, 0], [0, size], [-size, 0]]) context.lineTo(x + dx, y + dy);
    } else {
      for (const [dx, dy] of [[0, 0], [size, direction * size * 1.5], [-size, direction * size * 1.5]]) {
        context.lineTo(x + dx, y + dy);
      }
    }
    context.fill();
  }
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
