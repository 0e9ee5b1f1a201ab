"""Births: the rows of the columns of one pattern on which one became known, with all that is told of it there."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.patterns.contract import Life, PatternSpec

NO_DIRECTION = 2.0  # what `born` says of a pattern that has none
RANGES = 2.0  # average true ranges to target and stop of a candlestick pattern, which has none of its own
FULL_CANDLE = 100.0  # what TA-Lib gives for a pattern that is fully there

Values = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Births:
    """m births in the order of their bars, arrays (m,): position of the bar, direction, strength, and geometry.

    `point_bars` (m, k) tells how many bars before each point was, `point_prices` (m, k) its price; NaN for none.
    Of figures: the last row that told of each, and for every breakout its row, target and stop.
    """

    row: Places
    direction: Values
    strength: Values
    low: Values
    high: Values
    level: Values
    target: Values
    stop: Values
    start: Places
    cause: Values
    point_bars: Values
    point_prices: Values
    last_row: Places
    broke_row: Places
    broke_target: Values
    broke_stop: Values


def needed_columns(spec: PatternSpec) -> tuple[str, ...]:
    """The columns that `births_of` reads."""
    if spec.bars:
        return (*spec.columns, "atr_14")
    return (*spec.event_columns, f"{spec.name}_age") if spec.life is Life.FIGURE else spec.event_columns


def births_of(spec: PatternSpec, columns: Mapping[str, Values], bars: BarFrame) -> Births:
    """Find the births of a pattern in its columns (n,) on the bars."""
    return _of_candle(spec, columns, bars) if spec.bars else _of_step(spec, columns)


def _of_step(spec: PatternSpec, columns: Mapping[str, Values]) -> Births:
    def part(name: str) -> Values:
        return columns[f"{spec.name}_{name}"]

    born = part("born")
    row = np.flatnonzero(np.isfinite(born) & (born != 0.0))
    none = np.empty((len(row), 0))
    points = range(1, spec.points + 1)
    bars_ago = np.column_stack([none, *(part(f"bars_{i}")[row] for i in points)])
    prices = np.column_stack([none, *(part(f"price_{i}")[row] for i in points)])
    farthest = np.nanmax(np.column_stack([np.zeros(len(row)), bars_ago]), axis=1) if len(row) else np.empty(0)
    figure = spec.life is Life.FIGURE
    broke = part("broke") if figure else np.zeros(0)
    broke_row = np.flatnonzero(np.isfinite(broke) & (broke != 0.0))
    return Births(
        row=row,
        direction=np.where(born[row] == NO_DIRECTION, 0.0, born[row]),
        strength=part("grade")[row],
        low=part("bottom")[row],
        high=part("top")[row],
        level=part("level")[row],
        target=part("target")[row],
        stop=part("stop")[row],
        start=row - farthest.astype(np.int64),
        cause=part("cause")[row] if spec.causes else np.full(len(row), np.nan),
        point_bars=bars_ago,
        point_prices=prices,
        last_row=_last_told(part("age"), row) if figure else row,
        broke_row=broke_row,
        broke_target=part("target")[broke_row] if figure else np.empty(0),
        broke_stop=part("stop")[broke_row] if figure else np.empty(0),
    )


def _last_told(age: Values, row: Places) -> Places:
    """The last row (m,) on which the columns told of each birth: there its age still fits."""
    last = row.copy()
    for place, start in enumerate(row.tolist()):
        stop = int(row[place + 1]) if place + 1 < len(row) else len(age)
        told = age[start:stop] == np.arange(stop - start)
        last[place] = stop - 1 if told.all() else start + int(np.argmin(told)) - 1
    return last


def _of_candle(spec: PatternSpec, columns: Mapping[str, Values], bars: BarFrame) -> Births:
    """Births of a candlestick pattern: every bar where TA-Lib's column is not 0.

    Its strength is that of TA-Lib's number, 100 and more counting as 1; low and high are those of its bars. One that is
    not directed has no target and no stop.
    """
    value = columns[spec.columns[0]]
    row = np.flatnonzero(np.isfinite(value) & (value != 0.0))
    direction = np.sign(value[row]) if spec.directed else np.zeros(len(row))
    first = np.maximum(row - spec.bars + 1, 0)
    high, low, close = (bars.column(name) for name in ("high", "low", "close"))
    spans = [np.minimum(first + k, row) for k in range(spec.bars)]
    away = np.where(direction == 0.0, np.nan, RANGES * columns["atr_14"][row])
    none = np.empty((len(row), 0))
    return Births(
        row=row,
        direction=direction,
        strength=np.minimum(np.abs(value[row]) / FULL_CANDLE, 1.0),
        low=np.min([low[span] for span in spans], axis=0) if len(row) else np.empty(0),
        high=np.max([high[span] for span in spans], axis=0) if len(row) else np.empty(0),
        level=close[row],
        target=close[row] + direction * away,
        stop=close[row] - direction * away,
        start=first,
        cause=np.full(len(row), np.nan),
        point_bars=none,
        point_prices=none,
        last_row=row,
        broke_row=np.empty(0, np.int64),
        broke_target=np.empty(0),
        broke_stop=np.empty(0),
    )
