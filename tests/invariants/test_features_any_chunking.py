"""However the bars arrive, the features are the same to the bit: the promise that history and live rest on."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet

MIXED = FeatureSet(
    "mixed",
    (
        "return_5",
        "rsi_14",
        "rsi_14_lag_3",
        "adx_14",
        "macd_to_close",
        "obv_slope_20",
        "relative_volume",
        "vwap",
        "spread_ratio_20",
        "volume_delta",
        "log_return_1_kurtosis_20",
        "aroon_oscillator_25",
        "h1_volume_ratio",
        "h4_rsi_14",
        "d1_return",
        "kama_30",
        "parabolic_sar",
    ),
)


def make_engine(bars):
    return FeatureEngine(MIXED, bars.instrument, bars.timeframe)


def in_chunks(bars, sizes, *, restart):
    """Take the bars in chunks of the given sizes over and over, single bars by `push`, sometimes in a new engine."""
    engine, done, parts = make_engine(bars), 0, []
    while done < len(bars):
        size = min(sizes[len(parts) % len(sizes)], len(bars) - done)
        piece = bars.rows(done, done + size)
        if size == 1:
            row = bars.matrix(engine.inputs)[done] if len(bars) < 500 else piece.matrix(engine.inputs)[0]
            parts.append(engine.push(row)[None, :])
        else:
            parts.append(engine.advance(piece).values)
        done += size
        if len(parts) % restart == 0:
            snapshot = engine.snapshot()
            engine = make_engine(bars)
            engine.restore(snapshot)
    return np.concatenate(parts)


@st.composite
def gapped_bars(draw):
    """Minute bars with gaps of every kind, ties, and a side column with holes."""
    count = draw(st.integers(40, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = np.ones(count, dtype=np.int64)
    for _ in range(draw(st.integers(0, 4))):
        steps[draw(st.integers(1, count - 1))] += draw(st.sampled_from([1, 23, 24, 25, 59, 1_000, 1_500, 40_000]))
    start = draw(st.integers(0, 10_000)) + 26_800_000
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, count))), draw(st.integers(0, 3))) + 1.0
    open_ = np.concatenate([close[:1], close[:-1]])
    spread = np.where(rng.random(count) < 0.1, np.nan, rng.exponential(2, count))
    table = {
        "open_time": Timeframe.M1.ms * (start + np.cumsum(steps)),
        "open": open_,
        "high": np.maximum(open_, close) + 0.5,
        "low": np.minimum(open_, close) - 0.5,
        "close": close,
        "volume": np.round(rng.exponential(1, count)),
        "spread_bps": spread,
    }
    return BarFrame(Instrument("GAPPED"), Timeframe.M1, pl.DataFrame(table))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(gapped_bars(), st.lists(st.sampled_from([1, 2, 3, 17, 100]), min_size=1, max_size=6), st.integers(1, 9))
def test_any_chunking_with_any_restarts_and_gaps_gives_the_same_bits(bars, sizes, restart):
    whole = make_engine(bars).advance(bars).values
    assert np.array_equal(in_chunks(bars, sizes, restart=restart), whole, equal_nan=True)
    assert not np.isinf(whole).any()


@pytest.mark.real_data
def test_recorded_minutes_with_their_gaps_give_the_same_bits(data_folder):
    from alphaplus.market.read import read_bars

    path = data_folder / "ohlcv/bitfinex_1m/BTCUSD-1m-201710-201803.csv.gz"
    bars = read_bars([path], symbol="BTCUSD", timeframe=Timeframe.M1, now=1_767_225_600_000)
    gaps = np.flatnonzero(bars.missing_before > MIXED.max_gap)
    assert len(gaps)
    first = max(0, int(gaps[0]) - 3_000)
    bars = bars.rows(first, first + 12_000)
    whole = make_engine(bars).advance(bars).values
    assert np.array_equal(in_chunks(bars, [1, 1, 1, 250, 7], restart=25), whole, equal_nan=True)
