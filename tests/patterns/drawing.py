"""Bars drawn by hand: a line of turning prices becomes a series in which one pattern is, or just is not.

A module of `gallery/` draws the cases of a few patterns in `CASES`, each by `Case`; `test_gallery.py` finds the modules
and holds every case to what it says, and the documentation shows the same cases as pictures.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from alphaplus.core.bars import BarFrame, Instrument, Timeframe

START = 1_609_459_200_000 + 3 * 86_400_000  # 2021-01-04, a Monday
CALM = 40  # bars before the drawing begins, so that average true ranges are known
WICK = 0.25  # how far bars reach beyond open and close


@dataclass(frozen=True)
class Case:
    """One drawing: the pattern it is about, what it is called, its bars, and the events that must be found in it.

    `kind` is positive, near miss or mirrored. `born` are the births of `pattern` and nothing else: direction and the
    position of the bar on which each becomes known. `extra` are facts of the first birth by column of the event table,
    to a thousandth: low, high, level, target, stop.
    """

    pattern: str
    kind: str
    title: str
    bars: BarFrame
    born: tuple[tuple[int, int], ...] = ()
    extra: tuple[tuple[str, float], ...] = ()


def frame(open_, high, low, close, volume=None, *, missing=None) -> BarFrame:
    """Hourly bars from arrays; `missing` tells how many bars are left out before a position."""
    n = len(close)
    columns = {"open": open_, "high": high, "low": low, "close": close}
    table = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    table["volume"] = np.full(n, 100.0) if volume is None else np.asarray(volume, dtype=np.float64)
    steps = np.ones(n, np.int64)
    for position, count in (missing or {}).items():
        steps[position] += count
    times = START + Timeframe.H1.ms * (np.cumsum(steps) - 1)
    return BarFrame(Instrument("DRAWN"), Timeframe.H1, pl.DataFrame({"open_time": times, **table}))


def path(*turns: tuple[int, float], calm: int = CALM, wick: float = WICK) -> BarFrame:
    """Bars along straight lines: each turn is how many bars it takes and the price it ends at.

    A calm stretch of small steps around the first price comes before; turns count bars from its end, so the first turn
    `(0, price)` only says where all begins. Every bar opens where the one before it closed.
    """
    first = turns[0][1]
    closes = [first + (0.5 if i % 2 else -0.5) for i in range(calm - 1)] + [first]
    for count, price in turns[1:]:
        closes += np.linspace(closes[-1], price, count + 1)[1:].tolist()
    close = np.array(closes)
    open_ = np.concatenate([close[:1], close[:-1]])
    return frame(open_, np.maximum(open_, close) + wick, np.minimum(open_, close) - wick, close)


def legs(*prices: float, pace: float = 0.6, after: tuple[tuple[int, float], ...] = ()) -> BarFrame:
    """Bars from price to price at one pace a bar, each price a turn; then the turns `after` as `path` has them."""
    steps = pairwise(prices)
    return path((0, prices[0]), *((max(round(abs(to - at) / pace), 1), to) for at, to in steps), *after)


def mirror(bars: BarFrame, *, around: float) -> BarFrame:
    """The same bars upside down."""
    open_, high, low, close = (2.0 * around - bars.column(name) for name in ("open", "low", "high", "close"))
    return frame(open_, high, low, close, bars.column("volume"))
