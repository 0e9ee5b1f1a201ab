"""Every column on four recorded series: in chunks, bar by bar, over restarts and as a prefix, to the bit.

Minutes with order flow, hours with long gaps, and the days of a stock, whose weekends are short gaps; quarter hours,
whose clocks are those of minutes, are slow.
"""

from functools import lru_cache

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features import checks
from alphaplus.features.contract import features
from alphaplus.features.sets import MAX_GAP, FeatureSet
from alphaplus.market.read import read_bars
from alphaplus.patterns.contract import KINDS, PIVOTS

pytestmark = pytest.mark.real_data

BARS = 9_000
NOW = 1_767_225_600_000  # 2026-01-01, later than all recorded data
SERIES = {
    "1m with order flow": ("ohlcv/binance_usdm_1m_klines12/FILUSDT-1m-2024-10.csv.gz", "FILUSDT", Timeframe.M1),
    "15m": ("ohlcv/binance_spot_15m/SOLUSDT-15m-202008-202210.csv.gz", "SOLUSDT", Timeframe.M15),
    "1h with gaps": ("ohlcv/binance_spot_1h/BTCUSDT-1h-201708-202210.csv.gz", "BTCUSDT", Timeframe.H1),
    "1d of a stock": ("stocks/SPY_D.csv.gz", "SPY", Timeframe.D1),
}


def read_series(data_folder, name) -> BarFrame:
    """The first bars of a series, which for hours hold a gap that restarts the state."""
    path, symbol, timeframe = SERIES[name]
    bars = read_bars([data_folder / path], symbol=symbol, timeframe=timeframe, now=NOW, utc=True)
    return bars.rows(0, min(BARS, len(bars)))


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.slow) if name == "15m" else name for name in SERIES]
)
def trial(request, data_folder, compiled):
    everything = FeatureSet(
        "every feature", tuple(column for column, spec in features if spec.group not in (*KINDS, PIVOTS))
    )
    return checks.Trial.begin(everything, read_series(data_folder, request.param), cache_folder=compiled)


@pytest.fixture(scope="module")
def known(trial):
    """Which columns have a value somewhere, so that equality says something."""
    return np.isfinite(trial.values).any(axis=0)


def test_the_series_are_what_they_are_called(data_folder):
    read = lru_cache(lambda name: read_series(data_folder, name))
    assert np.isfinite(read("1m with order flow").column("buy_volume")).all()
    assert (read("1h with gaps").missing_before > MAX_GAP).any()
    weekends = read("1d of a stock").missing_before
    assert (weekends >= 2).sum() > 900
    assert weekends.max() <= MAX_GAP


def test_most_columns_have_values(trial, known):
    assert known.mean() > 0.6, (
        "order books are absent from these series, a few clocks from daily bars; no more than that"
    )


def test_chunks_and_single_bars_give_the_bits_of_history(trial):
    assert checks.stream_faults(trial, np.random.default_rng(1), singles=1_000) == {}


def test_restarts_give_the_bits_of_history(trial):
    assert checks.restore_faults(trial, np.random.default_rng(2)) == {}


def test_fifty_prefixes_give_the_prefix_of_the_values(trial):
    columns = trial.feature_set.columns
    assert checks.prefix_faults(trial.compute, trial.rows, columns, np.random.default_rng(3), cuts=50) == {}


def test_nothing_is_infinite(trial):
    assert checks.infinity_faults(trial) == {}
