"""What a chart shows of a table of events: open zones, young figures, marks, and the levels of the newest trade.

All of it as it was known at the close of the chart's last bar: later events are left out, and what ended later is still
alive. Only the target and stop that a figure got at a later breakout are not undone; for a chart of the past, detect on
the bars up to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from alphaplus.core.bars import BarFrame
from alphaplus.patterns.contract import Drawing, patterns

ZONES = 6  # the nearest to the last close
FIGURES = 2  # the newest
FLAT = 3  # the newest
MARKS = 12  # the newest
TRADES = ("entries", "figures")  # kinds whose target and stop are drawn
LINED = frozenset({Drawing.PATH, Drawing.LINES})

Event = Mapping[str, Any]
Point = tuple[float, float]
"""Position of a bar, and a price."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A box from the bar at `start` to the right edge."""

    name: str
    start: int
    low: float
    high: float
    direction: int


@dataclass(frozen=True, slots=True)
class Figure:
    """Lines through points; `flat` where it is a level alone."""

    name: str
    lines: tuple[tuple[Point, ...], ...]
    flat: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign at the bar `place`, under it where the price should rise."""

    name: str
    place: int
    direction: int


@dataclass(frozen=True, slots=True)
class Level:
    """A price of a trade, drawn from the bar at `since` on; its colour is that of its name: target, entry, stop."""

    name: str
    price: float
    since: int


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is drawn over the candles, by positions in the bars."""

    zones: tuple[Zone, ...] = ()
    figures: tuple[Figure, ...] = ()
    marks: tuple[Mark, ...] = ()
    levels: tuple[Level, ...] = ()


def shown_of(events: pl.DataFrame, bars: BarFrame, *, first: int, last: int) -> Shown:
    """What to draw of events that were found on these bars, on a chart of the bars `first` to `last`."""
    as_of, price = int(bars.close_time[last]), float(bars.column("close")[last])
    drawing = {name: spec.drawing for name, spec in patterns}
    known = events.filter(pl.col("known_at") <= as_of, pl.col("pattern").is_in(list(drawing)))
    rows = known.sort("known_at", descending=True, maintain_order=True).to_dicts()
    alive = [row for row in rows if row["ended_at"] is None or row["ended_at"] > as_of]
    recent = [row for row in rows if row["known_at"] > bars.open_time[first]]

    zones = [row for row in alive if drawing[row["pattern"]] is Drawing.ZONE]
    zones.sort(key=lambda row: max(row["low"] - price, price - row["high"], 0.0))
    figures = [row for row in recent if drawing[row["pattern"]] in LINED][:FIGURES]
    figures += [row for row in recent if drawing[row["pattern"]] is Drawing.LEVEL][:FLAT]
    marks = [row for row in recent if drawing[row["pattern"]] is Drawing.MARK and row["direction"]]
    trade = next((row for row in alive if row["kind"] in TRADES and None not in {row["target"], row["stop"]}), None)
    return Shown(
        zones=tuple(
            Zone(_name(row), _place(bars, row["start"]), row["low"], row["high"], row["direction"])
            for row in zones[:ZONES]
        ),
        figures=tuple(figure_of(row, drawing[row["pattern"]], bars, as_of) for row in figures),
        marks=tuple(Mark(_name(row), _known(bars, row), row["direction"]) for row in marks[:MARKS]),
        levels=() if trade is None else _levels(trade, bars, as_of),
    )


def _name(row: Event) -> str:
    return str(row["pattern"]).replace("_", " ")


def _place(bars: BarFrame, open_time: int) -> int:
    return int(np.searchsorted(bars.open_time, open_time))


def _known(bars: BarFrame, row: Event) -> int:
    return _place(bars, row["known_at"] - bars.timeframe.ms)


def figure_of(row: Event, drawing: Drawing, bars: BarFrame, as_of: int) -> Figure:
    """The lines of an event, as its pattern is drawn; each ends when it became known, a level where the event ended."""
    points = [(float(_place(bars, point["time"])), float(point["price"])) for point in row["points"]]
    known = float(_known(bars, row))
    end = known if row["ended_at"] is None else _place(bars, min(row["ended_at"], as_of) - bars.timeframe.ms)
    level = row["level"]
    if drawing is Drawing.LINES:
        lines = [_extended(pair, known) for pair in (points[:2], points[2:4]) if len(pair) == 2]
    elif drawing is Drawing.LEVEL:
        start, price = points[0] if points else (known, level)
        lines = [((start, price if level is None else level), (max(end, known), price if level is None else level))]
    else:
        lines = [tuple(points)]
    if drawing is not Drawing.LEVEL and level is not None and points:
        lines.append(((points[-1][0], level), (max(end, known), level)))
    return Figure(_name(row), tuple(line for line in lines if len(line) > 1), drawing is Drawing.LEVEL)


def _extended(pair: list[Point], until: float) -> tuple[Point, ...]:
    """A line through two points, drawn on to a later bar."""
    (x, y), (x_next, y_next) = pair
    if until <= x_next or x_next <= x:
        return tuple(pair)
    return (x, y), (until, y + (y_next - y) / (x_next - x) * (until - x))


def _levels(row: Event, bars: BarFrame, as_of: int) -> tuple[Level, ...]:
    """Target, entry and stop of an event; the entry is where it would be entered as long as it is not."""
    since = _known(bars, row)
    entered = row["entered_at"] is not None and row["entered_at"] < as_of
    entry = row["entry"] if entered else row["level"]
    prices = {"target": row["target"], "entry": entry, "stop": row["stop"]}
    return tuple(Level(name, price, since) for name, price in prices.items() if price is not None)
