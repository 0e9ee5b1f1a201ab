"""Bars and datasets made by code, small and seeded."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec

ORIGIN = 1_600_000_000_000 // 3_600_000 * 3_600_000


def walk(n=400, *, seed=0, symbol="AAA", missing=(), timeframe=Timeframe.H1, sigma=0.01):
    """A random walk whose opens differ from the closes before; `missing` are grid positions without a bar."""
    rng = np.random.default_rng(seed)
    grid = np.setdiff1d(np.arange(n + len(missing)), np.asarray(missing, dtype=int))
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, sigma, n)))
    opens = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0.0, sigma / 5, n))
    table = pl.DataFrame(
        {
            "open_time": ORIGIN // timeframe.ms * timeframe.ms + grid * timeframe.ms,
            "open": opens,
            "high": np.maximum(opens, close) * 1.001,
            "low": np.minimum(opens, close) * 0.999,
            "close": close,
            "volume": rng.uniform(1.0, 2.0, n),
        }
    )
    return BarFrame(Instrument(symbol), timeframe, table)


def priced(prices, instrument=None):
    """Hourly bars of open, high, low and close (n, 4)."""
    prices = np.asarray(prices, dtype=np.float64)
    table = pl.DataFrame(
        {
            "open_time": (ORIGIN // Timeframe.H1.ms + np.arange(len(prices))) * Timeframe.H1.ms,
            **{name: prices[:, place] for place, name in enumerate(("open", "high", "low", "close"))},
            "volume": np.ones(len(prices)),
        }
    )
    return BarFrame(instrument or Instrument("AAA"), Timeframe.H1, table)


def rows(as_of, span_end, *, instrument_id=None, timeframe=Timeframe.H1, horizon=1, X=None):
    """A dataset of given spans with random features and outcomes."""
    n = len(as_of)
    rng = np.random.default_rng(n)
    ids = np.zeros(n, dtype=np.int32) if instrument_id is None else np.asarray(instrument_id, dtype=np.int32)
    outcome = rng.normal(0.0, 0.01, n)
    return Dataset(
        X=rng.normal(size=(n, 2)).astype(np.float32) if X is None else X,
        y=np.sign(outcome),
        as_of=np.asarray(as_of, dtype=np.int64),
        span_end=np.asarray(span_end, dtype=np.int64),
        instrument_id=ids,
        outcome=outcome,
        last_return=rng.normal(0.0, 0.01, n),
        last_known=np.full(n, np.nan),
        missing_share=np.zeros(2),
        instruments=tuple(Instrument(f"S{i}") for i in range(int(ids.max(initial=0)) + 1)),
        timeframe=timeframe,
        columns=("a", "b"),
        label=LabelSpec("signal_direction", horizon, {"threshold": 0.0}),
        feature_set="test",
        feature_set_hash="0",
    )


@pytest.fixture(scope="session")
def make_bars():
    return walk


@pytest.fixture(scope="session")
def make_rows():
    return rows


@pytest.fixture(scope="session")
def bars_of():
    return priced
