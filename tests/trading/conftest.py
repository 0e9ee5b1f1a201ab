"""Small markets for tests of trading, made by code and seeded, and versions that speak about them."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.records import Prediction
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.features.sets import feature_set
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.versions import ModelVersion, Slot

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


class Says:
    """A predictor that says what it is told: a probability, or an error."""

    def __init__(self, said):
        self.said = said
        self.asked = []

    def predict(self, version, features, columns, as_of, symbol, *, explain=False):
        self.asked.append((version.number, len(as_of), tuple(columns)))
        if isinstance(self.said, Exception):
            raise self.said
        return [
            Prediction(version.number, symbol, Timeframe.H1, int(time), version.slot.horizon, self.said, (), 0.9)
            for time in as_of
        ]


def make_version(bars, *, trained_to, number=5, horizon=6, features="lean", hash_=None):
    """A version that learned from a named set up to a time, for bars of TEST."""
    learned_on = feature_set(features, bars.timeframe)
    label = LabelSpec("signal_direction", horizon)
    spec = ModelSpec("prior", label, features, hash_ or learned_on.hash, ("TEST",), bars.timeframe)
    slot = Slot("technical_ml", "TEST", bars.timeframe, "all", "signal_direction", horizon)
    return ModelVersion(slot, spec, "uri", "sha", "data", learned_on.hash, 0, trained_to, 10, number=number, label="v")


@pytest.fixture(scope="session")
def markets():
    """Small markets by name."""
    return Markets


@pytest.fixture(scope="session")
def version_of():
    """The maker of versions."""
    return make_version


@pytest.fixture(scope="session")
def speaker():
    """The maker of predictors."""
    return Says
