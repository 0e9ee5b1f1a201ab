"""Zones, figures, marks and levels over the candles of a chart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.datasets.chart.axes import Tick
from alphaplus.datasets.chart.plot import SMALL, Box, Color, Plot
from alphaplus.datasets.chart.shown import Level, Shown

BEHIND = 0.18  # of a zone's colour


@dataclass(frozen=True, slots=True)
class Tag:
    """A price on the axis, on its own colour."""

    price: float
    text: str
    color: Color


def draw_zones(plot: Plot, shown: Shown) -> None:
    """Boxes from the first bar of each zone to the right edge."""
    for zone in reversed(shown.zones):
        color = _way(plot, zone.direction)
        left = max(int(plot.x(zone.start) - plot.cell / 2), plot.pane.left)
        box = Box(left, round(plot.y(zone.high)), plot.pane.right, round(plot.y(zone.low)) + 1)
        plot.shade(box, color, BEHIND)
        for edge in (box.top, box.bottom - 1):
            plot.shade(Box(left, edge, plot.pane.right, edge + 1), color, 3 * BEHIND)


def draw_levels(plot: Plot, levels: tuple[Level, ...]) -> None:
    """What a trade may win and lose as shades, its prices as broken lines; the tags on the axis say how much."""
    prices = {level.name: level for level in levels}
    for level in levels:
        entry = prices.get("entry")
        if level.name != "entry" and entry is not None and level.since > plot.first:
            ends = sorted((round(plot.y(level.price)), round(plot.y(entry.price))))
            left = int(plot.x(level.since))
            plot.shade(Box(left, ends[0], plot.pane.right, ends[1]), level_color(plot, level), BEHIND / 2)
    for level in levels:
        y, color = plot.y(level.price), level_color(plot, level)
        if plot.pane.top <= y < plot.pane.bottom:
            plot.dashes(y, plot.x(level.since), color, width=plot.size(0.1))


def draw_names(plot: Plot, shown: Shown, highs: NDArray[np.float64]) -> None:
    """The names of levels, figures and zones, those first that matter most; what finds no place is left out.

    `highs` are the highs of all bars, which names of figures stand above.
    """
    above = plot.size(0.6)
    for level in shown.levels:
        y = min(max(plot.y(level.price), plot.pane.top + 2 * above), plot.pane.bottom)
        at = plot.pane.right - plot.width_of(level.name, SMALL) - plot.size(0.4)
        plot.label((at, y - above), level.name, level_color(plot, level))
    for figure in shown.figures:
        places = [place for line in figure.lines for place, _ in line]
        prices = [price for line in figure.lines for _, price in line]
        if places:
            first, last = max(int(min(places)), plot.first), min(int(max(places)), plot.last)
            top = max(prices)
            if first <= last and not figure.flat:
                top = float(np.nanmax([top, *highs[first : last + 1]]))
            middle = (plot.x(first) + plot.x(last)) / 2 - plot.width_of(figure.name, SMALL) / 2
            color = plot.theme.muted if figure.flat else plot.theme.accent
            plot.label((middle, plot.y(top) - above), figure.name, color)
    for zone in shown.zones:
        top, bottom = max(plot.y(zone.high), plot.pane.top), min(plot.y(zone.low), plot.pane.bottom)
        if top < bottom:
            left = max(plot.x(zone.start) - plot.cell / 2, plot.pane.left) + plot.size(0.3)
            plot.label((left, (top + bottom) / 2), zone.name, _way(plot, zone.direction))


def draw_figures(plot: Plot, shown: Shown) -> None:
    """The lines of all figures, flat ones thin, so that they do not cover the others."""
    for flat, color, width in ((True, plot.theme.muted, 0.07), (False, plot.theme.accent, 0.14)):
        lines = [line for figure in shown.figures if figure.flat is flat for line in figure.lines]
        if lines:
            paths = [[(plot.x(place), plot.y(price)) for place, price in line] for line in lines]
            plot.lines(paths, color, width=plot.unit * width)


def draw_marks(plot: Plot, shown: Shown, lows: NDArray[np.float64], highs: NDArray[np.float64]) -> None:
    """A triangle under a bar from which the price should rise, above one from which it should fall."""
    half, away = plot.size(0.35), plot.size(0.3)
    for mark in shown.marks:
        x, up = plot.x(mark.place), mark.direction > 0
        y = plot.y(lows[mark.place]) + away if up else plot.y(highs[mark.place]) - away
        foot = y + 1.6 * half if up else y - 1.6 * half
        plot.draw.polygon([(x, y), (x - half, foot), (x + half, foot)], fill=_way(plot, mark.direction))
        plot.label((x + half + 2, foot), mark.name, _way(plot, mark.direction))


def draw_tags(plot: Plot, tags: list[Tag], ticks: list[Tick]) -> None:
    """Prices on the axis: tags, moved apart where they would cover each other, and between them round prices."""
    high, left = plot.size(1.15), plot.pane.right + 2
    rows = sorted(((plot.y(tag.price), tag) for tag in tags), key=lambda row: row[0])
    places: list[float] = []
    for y, _ in rows:
        places.append(max(y, places[-1] + high) if places else max(y, plot.pane.top + high / 2))
    limit = plot.pane.bottom - high / 2
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], limit)
        limit = places[i] - high
    for tick in ticks:
        y = plot.y(tick.at)
        if plot.pane.top + high / 2 <= y and all(abs(y - place) >= high for place in places):
            plot.text((left + plot.size(0.3), y), tick.text, plot.theme.muted, times=0.9)
    for place, (_, tag) in zip(places, rows, strict=True):
        top = round(place - high / 2)
        box = (left, top, plot.image.width - 2, top + high - 2)
        plot.draw.rounded_rectangle(box, radius=plot.size(0.2), fill=tag.color)
        plot.text((left + plot.size(0.3), top + high / 2 - 1), tag.text, plot.theme.ground, times=0.9)


def level_color(plot: Plot, level: Level) -> Color:
    """Green for what is hoped for, red for what is feared."""
    return {"target": plot.theme.up, "stop": plot.theme.down}.get(level.name, plot.theme.accent)


def _way(plot: Plot, direction: int) -> Color:
    return plot.theme.up if direction > 0 else plot.theme.down if direction < 0 else plot.theme.muted
