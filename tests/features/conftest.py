"""Bars for the tests of features: a seeded walk with known quirks, and the catalog left as it was found."""

from functools import partial

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features
from alphaplus.features.sets import FeatureSet
from alphaplus.patterns.contract import KINDS, PIVOTS

SHIPPED = [(name, spec.group in (*KINDS, PIVOTS)) for name, spec in features]  # before a test adds some of its own
EVERY_FEATURE = FeatureSet("every feature", tuple(name for name, drawn in SHIPPED if not drawn))
EVERY_PATTERN = FeatureSet("every pattern", tuple(name for name, drawn in SHIPPED if drawn))
START = 1_609_459_200_000 + 3 * 86_400_000  # 2021-01-04, a Monday


def make_walk(count, *, seed=1, timeframe=Timeframe.H1, start=START, tick=0.01, symbol="WALK"):
    """A random walk on a tick grid."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, count))) / tick) * tick
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) + np.round(rng.exponential(0.4, count) / tick) * tick
    low = np.minimum(open_, close) - np.round(rng.exponential(0.4, count) / tick) * tick
    columns = {"open": open_, "high": high, "low": low, "close": close, "volume": rng.lognormal(3, 1, count)}
    return make_frame(columns, timeframe=timeframe, start=start, symbol=symbol)


def make_frame(columns, *, timeframe=Timeframe.H1, start=START, symbol="WALK"):
    """Bars from arrays, without gaps."""
    times = start + timeframe.ms * np.arange(len(columns["close"]))
    return BarFrame(Instrument(symbol), timeframe, pl.DataFrame({"open_time": times, **columns}))


def make_flat(count, *, start=START):
    """A market in which nothing moves and nothing is traded."""
    price = np.full(count, 100.0)
    volume = np.zeros(count)
    return make_frame({"open": price, "high": price, "low": price, "close": price, "volume": volume}, start=start)


@pytest.fixture(scope="session")
def walk():
    """`walk(count, seed=, timeframe=, start=, tick=, symbol=)`: a random walk."""
    return make_walk


@pytest.fixture(scope="session")
def flat():
    """`flat(count, start=)`: bars without movement and volume."""
    return make_flat


@pytest.fixture(scope="session")
def frame():
    """`frame(columns, timeframe=, start=, symbol=)`: bars from arrays."""
    return make_frame


@pytest.fixture(scope="session")
def every_feature():
    """All columns but those of patterns: the set of tests/contracts and tests/invariants, so that it compiles once."""
    return EVERY_FEATURE


@pytest.fixture(scope="session")
def every_pattern():
    """All columns of patterns, those included that only events read; the set of tests/contracts too."""
    return EVERY_PATTERN


@pytest.fixture(scope="session")
def compute_every(every_feature, compiled):
    """`compute_every(bars)`: the frame of all columns but those of patterns."""
    return partial(compute_features, features=every_feature, cache_folder=compiled)


@pytest.fixture
def catalog(monkeypatch):
    """The catalog of features; what a test adds is gone after it."""
    features.names()
    monkeypatch.setattr(features, "_things", dict(features._things))
    return features
