"""Draw the cases of the tests as small SVG pictures: candles, the bar of the birth, and the pattern itself."""

from collections.abc import Iterable
from html import escape

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.patterns.contract import Drawing, PatternSpec

WIDTH, HEIGHT, EDGE = 360.0, 190.0, 6.0
SIGN = 4.0  # half of the width of a sign
VOLUME = 34.0  # height of the pane of volume, where there is one
THIN = 3.0  # the least width of the mark of a birth
BODY = 0.62  # of the width of a bar
CALM_SHOWN = 8  # quiet bars before what is drawn
ROOM = 0.35  # of the range of the bars: how far beyond it a target or stop may lie to be drawn
UP, DOWN, QUIET, BIRTH, SHAPE = "#26a69a", "#ef5350", "#8a8f98", "#f0b429", "#4c8bf5"  # seen on black and on white


def picture(spec: PatternSpec, bars: BarFrame, events: Iterable[dict], *, title: str, quiet: int) -> str:
    """An SVG of the bars and of the events of one pattern found on them; `quiet` bars come before the drawing."""
    return _Picture(bars, first=max(0, quiet - CALM_SHOWN), with_volume=spec.kind == "volume_patterns").drawn(
        spec, list(events), title
    )


class _Picture:
    """The scales of one picture and what is drawn on it so far."""

    def __init__(self, bars: BarFrame, *, first: int, with_volume: bool):
        self.bars, self.first, self.count = bars, first, len(bars) - first
        self.low, self.high = bars.column("low")[first:].min(), bars.column("high")[first:].max()
        self.step = (WIDTH - 2 * EDGE) / self.count
        self.floor = HEIGHT - EDGE - (VOLUME if with_volume else 0.0)
        self.with_volume = with_volume
        self.margin = EDGE
        self.parts = []

    def drawn(self, spec, events, title):
        self._make_room(events)
        if spec.drawing is Drawing.MARK:
            self.margin += 3 * SIGN
        for event in events:
            self._birth(event)
            if spec.drawing is Drawing.ZONE:
                self._zone(event)
        self._candles()
        for event in events:
            self._shape(spec, event)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img">',
                f"<title>{escape(title)}</title>",
                *self.parts,
                "</svg>\n",
            ]
        )

    def _make_room(self, events):
        """Let the prices of events that lie near the bars be seen."""
        reach = ROOM * (self.high - self.low)
        prices = [event[name] for event in events for name in ("low", "high", "level", "target", "stop")]
        prices += [point["price"] for event in events for point in event["points"]]
        near = [price for price in prices if price is not None and self.low - reach <= price <= self.high + reach]
        self.low, self.high = min([self.low, *near]), max([self.high, *near])

    def _at(self, time):
        """The position of the bar that opens at a time."""
        return int(np.searchsorted(self.bars.open_time, time))

    def _x(self, position):
        """The middle of a bar, no further left than the picture."""
        return EDGE + (max(position, self.first) - self.first + 0.5) * self.step

    def _y(self, price):
        return self.margin + (self.high - price) / (self.high - self.low) * (self.floor - EDGE / 2 - 2 * self.margin)

    def _inside(self, price):
        return price is not None and self.low <= price <= self.high

    def _candles(self):
        columns = (self.bars.column(name)[self.first :] for name in ("open", "high", "low", "close", "volume"))
        biggest = self.bars.column("volume")[self.first :].max()
        for place, (open_, high, low, close, volume) in enumerate(zip(*columns, strict=True)):
            x, colour = self._x(self.first + place), UP if close >= open_ else DOWN
            top, bottom = self._y(max(open_, close)), self._y(min(open_, close))
            self._line(x, self._y(high), x, self._y(low), colour)
            self._box(x - BODY * self.step / 2, top, BODY * self.step, max(bottom - top, 0.8), colour)
            if self.with_volume:
                tall = volume / biggest * (VOLUME - EDGE)
                self._box(x - BODY * self.step / 2, HEIGHT - EDGE - tall, BODY * self.step, tall, QUIET)

    def _birth(self, event):
        """The bar with which the event became known."""
        position = self._at(event["known_at"] - self.bars.timeframe.ms)
        wide = max(self.step, THIN)
        self._box(self._x(position) - wide / 2, EDGE / 2, wide, HEIGHT - EDGE, BIRTH, opacity=0.45)

    def _zone(self, event):
        left, right = self._x(self._at(event["start"])), WIDTH - EDGE
        if event["ended_at"] is not None:
            right = self._x(self._at(event["ended_at"] - self.bars.timeframe.ms))
        top, bottom = self._y(event["high"]), self._y(event["low"])
        self._box(left, top, max(right - left, self.step), max(bottom - top, 1.0), SHAPE, opacity=0.3)

    def _shape(self, spec, event):
        born = self._at(event["known_at"] - self.bars.timeframe.ms)
        points = [(self._at(point["time"]), point["price"]) for point in event["points"]]
        if spec.drawing is Drawing.PATH:
            places = " ".join(f"{self._x(at):.1f},{self._y(price):.1f}" for at, price in points)
            self.parts.append(f'<polyline points="{places}" fill="none" stroke="{SHAPE}" stroke-width="1.8"/>')
        elif spec.drawing is Drawing.LINES:
            for (a, first), (b, second) in (points[:2], points[2:4]):
                slope = (second - first) / (b - a) if b != a else 0.0
                end = second + slope * (born - b)
                self._line(self._x(a), self._y(first), self._x(born), self._y(end), SHAPE, width=1.8)
        elif spec.drawing is Drawing.MARK:
            self._arrow(born, event["direction"])
        since = points[0][0] if points else self._at(event["start"])
        if spec.drawing is Drawing.LINES:
            since = born  # the level of a sloping line is that of the birth
        if self._inside(event["level"]) and spec.drawing is not Drawing.MARK:
            self._flat(since, event["level"], SHAPE)
        for name, colour in (("target", UP), ("stop", DOWN)):
            if self._inside(event[name]):
                self._flat(born, event[name], colour)

    def _arrow(self, position, direction):
        """A triangle below the bar that points up, or above it that points down; without direction a dot."""
        x = self._x(position)
        if direction == 0:
            y = self._y(self.bars.column("high")[position]) - 2 * SIGN
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{SIGN:g}" fill="{SHAPE}"/>')
            return
        tip = self._y(self.bars.column("low" if direction > 0 else "high")[position]) + direction * 2.0
        base = tip + direction * 2 * SIGN
        places = f"{x:.1f},{tip:.1f} {x - SIGN:.1f},{base:.1f} {x + SIGN:.1f},{base:.1f}"
        self.parts.append(f'<polygon points="{places}" fill="{SHAPE}"/>')

    def _flat(self, position, price, colour):
        y = self._y(price)
        self._line(self._x(position), y, WIDTH - EDGE, y, colour, dashed=True)

    def _line(self, x1, y1, x2, y2, colour, *, width=1.0, dashed=False):
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width:g}"{dash}/>'
        )

    def _box(self, x, y, width, height, colour, *, opacity=1.0):
        clear = f' fill-opacity="{opacity:g}"' if opacity < 1.0 else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"{clear}/>'
        )
