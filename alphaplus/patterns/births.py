"""Births: the rows of the columns of one pattern on which one became known, with all that is told of it there.

Most rows say nothing, and all columns of all patterns of a long history would not fit into memory: `Gathered` takes
columns piece by piece and keeps the rows that say something.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.patterns.contract import Life, PatternSpec

NO_DIRECTION = 2.0  # what `born` says of a pattern that has none
RANGES = 2.0  # average true ranges to target and stop of a candlestick pattern, which has none of its own
FULL_CANDLE = 100.0  # what TA-Lib gives for a pattern that is fully there
REGIME = "regime"

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
    regime: Values
    point_bars: Values
    point_prices: Values
    last_row: Places
    broke_row: Places
    broke_target: Values
    broke_stop: Values


def needed_columns(spec: PatternSpec) -> tuple[str, ...]:
    """The columns that births are read from."""
    if spec.bars:
        return (*spec.columns, "atr_14", REGIME)
    age = (f"{spec.name}_age",) if spec.life is Life.FIGURE else ()
    return (*spec.event_columns, *age, REGIME)


def births_of(spec: PatternSpec, columns: Mapping[str, Values], bars: BarFrame) -> Births:
    """The births of a pattern in its columns (n,) on all of the bars."""
    gathered = Gathered(spec)
    gathered.add(columns)
    return gathered.births(bars)


@dataclass(slots=True)
class Gathered:
    """The rows of the columns of one pattern on which one is born or breaks out, and of figures all ages."""

    spec: PatternSpec
    seen: int = 0  # rows taken in
    rows: list[Places] = field(default_factory=list)
    told: list[Values] = field(default_factory=list)  # the needed columns of these rows
    ages: list[Values] = field(default_factory=list)

    def add(self, columns: Mapping[str, Values]) -> None:
        """Take in the next piece of the columns, arrays of one length."""
        spec = self.spec
        first = columns[spec.columns[0] if spec.bars else f"{spec.name}_born"]
        says = np.isfinite(first) & (first != 0.0)
        if spec.life is Life.FIGURE:
            broke = columns[f"{spec.name}_broke"]
            says |= np.isfinite(broke) & (broke != 0.0)
            self.ages.append(columns[f"{spec.name}_age"].copy())
        rows = np.flatnonzero(says)
        self.rows.append(rows + self.seen)
        self.told.append(np.column_stack([columns[name][rows] for name in needed_columns(spec)]))
        self.seen += len(first)

    def births(self, bars: BarFrame) -> Births:
        """All births; `bars` are those of all rows taken in."""
        rows = np.concatenate([np.empty(0, np.int64), *self.rows])
        names = needed_columns(self.spec)
        told = np.concatenate([np.empty((0, len(names))), *self.told])
        columns = dict(zip(names, told.T, strict=True))
        if self.spec.bars:
            return _of_candle(self.spec, rows, columns, bars)
        return _of_step(self.spec, rows, columns, ages=np.concatenate([np.empty(0), *self.ages]))


def _of_step(spec: PatternSpec, rows: Places, columns: Mapping[str, Values], *, ages: Values) -> Births:
    def part(name: str) -> Values:
        return columns[f"{spec.name}_{name}"]

    figure = spec.life is Life.FIGURE
    born, broke = part("born") != 0.0, part("broke") != 0.0 if figure else np.zeros(len(rows), np.bool_)
    row, count = rows[born], int(born.sum())
    none, points = np.empty((count, 0)), range(1, spec.points + 1)
    bars_ago = np.column_stack([none, *(part(f"bars_{i}")[born] for i in points)])
    prices = np.column_stack([none, *(part(f"price_{i}")[born] for i in points)])
    farthest = np.nanmax(np.column_stack([np.zeros(count), bars_ago]), axis=1) if count else np.empty(0)
    direction = part("born")[born]
    return Births(
        row=row,
        direction=np.where(direction == NO_DIRECTION, 0.0, direction),
        strength=part("grade")[born],
        low=part("bottom")[born],
        high=part("top")[born],
        level=part("level")[born],
        target=part("target")[born],
        stop=part("stop")[born],
        start=row - farthest.astype(np.int64),
        cause=part("cause")[born] if spec.causes else np.full(count, np.nan),
        regime=columns[REGIME][born],
        point_bars=bars_ago,
        point_prices=prices,
        last_row=_last_told(ages, row) if figure else row,
        broke_row=rows[broke],
        broke_target=part("target")[broke],
        broke_stop=part("stop")[broke],
    )


def _last_told(age: Values, row: Places) -> Places:
    """The last row (m,) on which the columns told of each birth: there its age still fits."""
    last = row.copy()
    for place, start in enumerate(row.tolist()):
        stop = int(row[place + 1]) if place + 1 < len(row) else len(age)
        told = age[start:stop] == np.arange(stop - start)
        last[place] = stop - 1 if told.all() else start + int(np.argmin(told)) - 1
    return last


def _of_candle(spec: PatternSpec, row: Places, columns: Mapping[str, Values], bars: BarFrame) -> Births:
    """Births of a candlestick pattern: every bar where TA-Lib's column is not 0.

    Its strength is that of TA-Lib's number, 100 and more counting as 1; low and high are those of its bars. One that is
    not directed has no target and no stop.
    """
    value = columns[spec.columns[0]]
    direction = np.sign(value) if spec.directed else np.zeros(len(row))
    first = np.maximum(row - spec.bars + 1, 0)
    high, low, close = (bars.column(name) for name in ("high", "low", "close"))
    spans = [np.minimum(first + k, row) for k in range(spec.bars)]
    away = np.where(direction == 0.0, np.nan, RANGES * columns["atr_14"])
    none = np.empty((len(row), 0))
    return Births(
        row=row,
        direction=direction,
        strength=np.minimum(np.abs(value) / FULL_CANDLE, 1.0),
        low=np.min([low[span] for span in spans], axis=0) if len(row) else np.empty(0),
        high=np.max([high[span] for span in spans], axis=0) if len(row) else np.empty(0),
        level=close[row],
        target=close[row] + direction * away,
        stop=close[row] - direction * away,
        start=first,
        cause=np.full(len(row), np.nan),
        regime=columns[REGIME],
        point_bars=none,
        point_prices=none,
        last_row=row,
        broke_row=np.empty(0, np.int64),
        broke_target=np.empty(0),
        broke_stop=np.empty(0),
    )
