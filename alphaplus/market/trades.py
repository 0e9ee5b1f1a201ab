"""Trades: what changed hands, at which price, and who took the offer of whom."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import BadTicks

BUY: Final = 1
SELL: Final = -1
UNKNOWN: Final = 0


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades in the order in which they came; all arrays (n,).

    `time` is int64, ms UTC; `price` and `size` (in the base currency) are float64; `side` is int8 and says which side
    took the offer of the other: BUY, SELL or UNKNOWN. `id` int64 numbers the trades and None means that they have no
    numbers. `count` int64 says how many trades of the exchange each stands for, and None that nobody knows.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    side: NDArray[np.int8]
    id: NDArray[np.int64] | None = None
    count: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        columns = (self.price, self.size, self.side, self.id, self.count)
        if any(column is not None and len(column) != len(self.time) for column in columns):
            raise BadTicks("the columns of trades differ in length", hint="one value of each for every trade")
        for name, column in (("price", self.price), ("size", self.size)):
            wrong = np.flatnonzero(~(np.isfinite(column) & (column > 0.0)))
            if len(wrong):
                raise BadTicks(
                    f"{name} of trade {wrong[0]} is {float(column[wrong[0]])!r}, expected a number above 0",
                    hint="leave such rows out, and the bars that they belong to",
                )

    def __len__(self) -> int:
        return len(self.time)

    def taken(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Trades":
        """Some of the trades, by mask or position."""
        return Trades(
            self.time[chosen],
            self.price[chosen],
            self.size[chosen],
            self.side[chosen],
            None if self.id is None else self.id[chosen],
            None if self.count is None else self.count[chosen],
        )
