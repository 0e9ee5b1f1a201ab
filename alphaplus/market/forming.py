"""Bars that are forming: trades of one bar summed exactly, in any order and any parts."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alphaplus.market.exact import decimals
from alphaplus.market.trades import BUY, UNKNOWN, Trades

FORMING_COLUMNS: Final = (
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quote_volume",
    "trade_count",
    "buy_volume",
    "largest_trade",
)


@dataclass(slots=True)
class Forming:
    """One bar so far; `first` and `last` are the keys of the trades that gave the open and the close."""

    first: tuple[int, int]
    last: tuple[int, int]
    open: float
    high: float
    low: float
    close: float
    size: Fraction
    quote: Fraction
    bought: Fraction | None
    count: int | None
    largest: float

    def add(self, other: "Forming") -> None:
        """Take in more trades of the same bar, earlier or later ones."""
        if other.first < self.first:
            self.first, self.open = other.first, other.open
        if other.last > self.last:
            self.last, self.close = other.last, other.close
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.size += other.size
        self.quote += other.quote
        self.bought = None if self.bought is None or other.bought is None else self.bought + other.bought
        self.count = None if self.count is None or other.count is None else self.count + other.count
        self.largest = max(self.largest, other.largest)

    def row(self) -> tuple[float, ...]:
        """The values of FORMING_COLUMNS."""
        count = np.nan if self.count is None else float(self.count)
        bought = np.nan if self.bought is None else float(self.bought)
        prices = (self.open, self.high, self.low, self.close)
        return (*prices, float(self.size), float(self.quote), count, bought, self.largest)


def forming_bars(trades: Trades, opens: NDArray[np.int64], arrival: NDArray[np.int64]) -> list[tuple[int, Forming]]:
    """Fold trades, sorted by time and arrival, into one bar for each of their open times (n,)."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(opens)) + 1))
    ends = np.concatenate((starts[1:], [len(opens)])) - 1
    size = decimals(trades.size)
    sums = size.sums(starts)
    quotes = (decimals(trades.price) * size).sums(starts)
    bought = size.where(trades.side == BUY).sums(starts)
    unsided = np.add.reduceat(trades.side == UNKNOWN, starts, dtype=np.int64)
    counts = [None] * len(starts) if trades.count is None else np.add.reduceat(trades.count, starts).tolist()
    high, low = np.maximum.reduceat(trades.price, starts), np.minimum.reduceat(trades.price, starts)
    largest = np.maximum.reduceat(trades.size, starts)
    found = []
    for n, (first, last) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        bar = Forming(
            first=(int(trades.time[first]), int(arrival[first])),
            last=(int(trades.time[last]), int(arrival[last])),
            open=float(trades.price[first]),
            high=float(high[n]),
            low=float(low[n]),
            close=float(trades.price[last]),
            size=sums[n],
            quote=quotes[n],
            bought=None if unsided[n] else bought[n],
            count=counts[n],
            largest=float(largest[n]),
        )
        found.append((int(opens[first]), bar))
    return found
