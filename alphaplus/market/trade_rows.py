"""Rows of trade files as they were read, and the sifting of those that are no trades."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.market.files import Block
from alphaplus.market.quality import EARLIEST, LATEST, MAX_PRICE, MAX_VOLUME, MIN_PRICE, iso_time
from alphaplus.market.trades import Trades

NO_SIDE = -2  # a side that was written and cannot be read
_TEXT = 200  # characters of a refused line that are kept


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One refused row: its line, why, what it said, and how many good rows of its block stand before it."""

    line: int
    reason: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class TradeBlock:
    """Good trades of one block, the line of each (n,), and the rows that were refused.

    `since` is when the recording began, `clock` the time it reached; both ms UTC, None where the text does not say.
    """

    trades: Trades
    line: NDArray[np.int64]
    refused: tuple[RefusedRow, ...] = ()
    since: int | None = None
    clock: int | None = None


@dataclass(frozen=True, slots=True)
class RawTrades:
    """Columns (n,) of a block as they were read: a number that is none is NaN, or -1 where it should be whole."""

    block: Block
    line: NDArray[np.int64]
    time: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    side: NDArray[np.int8]
    id: NDArray[np.int64] | None
    count: NDArray[np.int64] | None

    def sift(self, *, now: int) -> TradeBlock:
        """Part trades from rows that are none; `now` (ms UTC) is when no later one can have happened."""
        with np.errstate(invalid="ignore"):
            reasons = {
                "its time is no time between 1990 and 2100 in the unit of the file": ~(
                    (self.time >= EARLIEST) & (self.time < LATEST)
                ),
                f"its time is in the future, now is {iso_time(now)}": self.time > now,
                f"its price is no number from {MIN_PRICE:g} to {MAX_PRICE:g}": ~(
                    (self.price >= MIN_PRICE) & (self.price <= MAX_PRICE)
                ),
                f"its size is no number above 0, up to {MAX_VOLUME:g}": ~((self.size > 0) & (self.size <= MAX_VOLUME)),
                "its side is neither buy nor sell": self.side == NO_SIDE,
            }
        if self.id is not None:
            reasons["its id is no whole number"] = self.id < 0
        if self.count is not None:
            reasons["its last trade id is below the first"] = self.count < 1
        wrong = np.logical_or.reduce(list(reasons.values()))
        good = ~wrong
        trades = Trades(
            self.time[good],
            self.price[good],
            self.size[good],
            self.side[good],
            None if self.id is None else self.id[good],
            None if self.count is None else self.count[good],
        )
        if not wrong.any():
            return TradeBlock(trades, self.line)
        texts = self.block.data.split(b"]" if self.block.rows else b"\n")
        before = np.cumsum(good)
        refused = []
        for row in np.flatnonzero(wrong).tolist():
            reason = next(reason for reason, rows in reasons.items() if rows[row])
            text = texts[int(self.line[row]) - self.block.line].decode("utf-8", "replace").strip("\r, ")
            refused.append(RefusedRow(int(self.line[row]), reason, text[:_TEXT], int(before[row])))
        return TradeBlock(trades, self.line[good], tuple(refused))
