// Missing bars on the chart: a hatched band where they should be, with their number. Drawn in one pass.

const WIDTH = 7;

/** A series primitive of lightweight-charts. */
export class Gaps {
  constructor() {
    /** @type {{time: number, bars: number}[]} The first bar after each gap, in seconds, and how many are missing. */
    this.bands = [];
    this.visible = true;
    this.colour = "#888888";
    this.views = [{ zOrder: () => "bottom", renderer: () => this }];
  }

  attached(/** @type {any} */ { chart, requestUpdate }) {
    this.chart = chart;
    this.requestUpdate = requestUpdate;
  }

  detached() {
    this.chart = null;
  }

  paneViews() {
    return this.views;
  }

  /** @param {{time: number, bars: number}[]} bands @param {string} colour */
  set(bands, colour) {
    this.bands = bands;
    this.colour = colour;
    this.requestUpdate?.();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.visible = visible;
    this.requestUpdate?.();
  }

  draw(/** @type {any} */ target) {
    if (!this.visible || !this.chart) return;
    target.useBitmapCoordinateSpace((/** @type {any} */ space) => {
      const scale = this.chart.timeScale();
      const spacing = scale.options().barSpacing;
      for (const band of this.bands) {
        const middle = scale.timeToCoordinate(band.time);
        if (middle !== null) this.hatch(space, middle - spacing / 2, band.bars);
      }
    });
  }

  hatch(/** @type {any} */ space, /** @type {number} */ middle, /** @type {number} */ bars) {
    const { context, bitmapSize, horizontalPixelRatio: ratio } = space;
    const left = (middle - WIDTH / 2) * ratio;
    const width = WIDTH * ratio;
    context.save();
    context.beginPath();
    context.rect(left, 0, width, bitmapSize.height);
    context.clip();
    context.strokeStyle = this.colour;
    context.lineWidth = ratio;
    context.beginPath();
    for (let y = -width; y < bitmapSize.height + width; y += 6 * ratio) {
      context.moveTo(left, y + width);
      context.lineTo(left + width, y);
    }
    context.stroke();
    context.restore();
    context.font = `${10 * ratio}px system-ui, sans-serif`;
    context.fillStyle = this.colour;
    context.fillText(`${bars} missing`, left + width + 3 * ratio, bitmapSize.height - 8 * ratio);
  }
}
