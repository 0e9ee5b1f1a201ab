"""Bars to store, and both stores to keep them in."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore

START = 1_577_836_800_000  # 2020-01-01


def bars_at(slots, timeframe=Timeframe.H1, symbol="BTCUSDT", shift=0.0, **instrument) -> BarFrame:
    """Bars at positions on the grid; the values follow from the position, so equal times have equal values."""
    slots = np.asarray(slots, dtype=np.int64)
    close = 100.0 + slots % 97 / 100.0 + shift
    table = pl.DataFrame(
        {
            "open_time": timeframe.floor(START) + slots * timeframe.ms,
            "open": np.full(len(slots), 100.0),
            "high": np.full(len(slots), 120.0),
            "low": np.full(len(slots), 90.0),
            "close": close,
            "volume": np.sqrt(slots + 1.0),
        }
    )
    return BarFrame(Instrument(symbol, **instrument), timeframe, table)


def with_side(bars: BarFrame, values, name="buy_volume") -> BarFrame:
    """The same bars with a side column."""
    side = pl.Series(name, np.asarray(values, dtype=np.float64))
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(side))


@pytest.fixture(params=["parquet", "memory"])
def store(request, tmp_path):
    """A bar store of each kind."""
    return ParquetBarStore(tmp_path / "bars") if request.param == "parquet" else MemoryBarStore()
