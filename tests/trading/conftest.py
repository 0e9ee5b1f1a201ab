"""Small markets for tests of trading, made by code and seeded."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe

HOUR = Timeframe.H1.ms
START = 1_600_000_000_000 // HOUR * HOUR


class Markets:
    """Makers of hourly bars."""

    @staticmethod
    def bars_of(prices, *, symbol="TEST", venue="", fee_bps=10.0):
        """Bars of rows (open, high, low, close)."""
        table = np.array(prices, dtype=np.float64)
        columns = {name: table[:, place] for place, name in enumerate(("open", "high", "low", "close"))}
        times = START + np.arange(len(table), dtype=np.int64) * HOUR
        frame = pl.DataFrame({"open_time": times, **columns, "volume": np.full(len(table), 10.0)})
        return BarFrame(Instrument(symbol, venue=venue, fee_bps=fee_bps), Timeframe.H1, frame)

    @staticmethod
    def walk(n, *, seed, sigma=0.01, gap=0.001, **kwargs):
        """A geometric walk whose opens gap a little and whose bars have wicks."""
        rng = np.random.default_rng(seed)
        close = 100.0 * np.exp(np.cumsum(rng.normal(0, sigma, n)))
        open_ = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, gap, n))
        high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, sigma / 2, n)))
        low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, sigma / 2, n)))
        return Markets.bars_of(np.column_stack([open_, high, low, close]), **kwargs)


@pytest.fixture(scope="session")
def markets():
    """Small markets by name."""
    return Markets
