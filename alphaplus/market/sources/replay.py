"""Stored bars once more, one after the other, each growing before it closes."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError


def replay(bars: BarFrame, *, forming_steps: int) -> Iterator[tuple[BarFrame, bool]]:
    """Give every bar `forming_steps` times as it forms, then as it closed; one row each, and whether it is closed.

    The path inside a bar is made up, since bars do not record it: from the open straight to the extreme on the other
    side of the close, to the other extreme, to the close, volume growing evenly. It is the same every time. Side
    columns are unknown until the close. The closed bar is the stored one, bit for bit.
    """
    if forming_steps < 0:
        raise ConfigError(f"forming_steps is {forming_steps}, expected 0 or more", hint="0 gives closed bars only")
    shares = np.arange(1, forming_steps + 1) / (forming_steps + 1)
    for position in range(len(bars)):
        closed = bars.rows(position, position + 1)
        for table in _forming(closed, shares):
            yield replace(closed, table=table, bayes=None), False
        yield closed, True


def _forming(bar: BarFrame, shares: NDArray[np.float64]) -> Iterator[pl.DataFrame]:
    open_, high, low, close, volume = bar.matrix(("open", "high", "low", "close", "volume"))[0].tolist()
    turns = (open_, low, high, close) if close >= open_ else (open_, high, low, close)
    prices = np.interp(shares * 3.0, (0.0, 1.0, 2.0, 3.0), turns)
    # The extremes so far: a turn that was passed between two steps counts, so the range never shrinks.
    reached = [turns[: int(share * 3.0) + 1] for share in shares.tolist()]
    for price, share, passed in zip(prices.tolist(), shares.tolist(), reached, strict=True):
        yield pl.DataFrame(
            {
                "open_time": bar.table["open_time"],
                "open": [open_],
                "high": [max(*passed, price, open_)],
                "low": [min(*passed, price, open_)],
                "close": [price],
                "volume": [volume * share],
            }
        )
