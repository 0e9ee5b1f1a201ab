"""Columns on higher timeframes are those of resampled bars, bit for bit, from the bar on that makes each one final."""

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features, total_warmup
from alphaplus.features.plan import FULL_BAR
from alphaplus.features.sets import FeatureSet
from alphaplus.market.read import read_bars
from alphaplus.market.resample import resample

NOW = 1_767_225_600_000
MAX_GAP = FeatureSet("any", ("return_1",)).max_gap


def on_clocks(timeframe):
    """Columns of higher clocks, by clock."""
    found = {}
    for name, spec in features:
        if spec.every is not None and spec.every.ms > timeframe.ms:
            found.setdefault(spec.every, []).append(name)
    return found


def placed(bars, higher, values):
    """Values of higher bars on the lower bars that know them; none once the clock has restarted after a long gap."""
    place = np.searchsorted(higher.known_at, bars.close_time, side="right") - 1
    length, offset = higher.bars.timeframe.ms, higher.bars.timeframe.offset_ms
    forming = (bars.open_time - offset) // length * length + offset
    last = higher.bars.open_time[np.maximum(place, 0)]
    known = (place >= 0) & ((forming - last) // length - 1 <= MAX_GAP)
    return np.where(known, values[np.maximum(place, 0)], np.nan)


def check(bars):
    """Compare all columns on clocks; gives for each clock its higher bars."""
    clocks = on_clocks(bars.timeframe)
    got = compute_features(bars, FeatureSet("clocks", tuple(name for names in clocks.values() for name in names)))
    seen = {}
    for every, names in clocks.items():
        higher = resample(bars, every, min_share=FULL_BAR)
        plain = compute_features(higher.bars, FeatureSet("plain", tuple(names)))  # a clock of its own bars is no clock
        for name in names:
            ours, expected = got.column(name), placed(bars, higher, plain.column(name))
            known = ~np.isnan(expected)
            late = total_warmup(name) > len(higher.bars) // 2 or name in features.get(name).sparse
            assert known.any() or late, name
            assert np.array_equal(np.isnan(ours), ~known), name
            assert ours[known].tobytes() == expected[known].tobytes(), name
        seen[every] = higher
    return seen


def with_holes(bars, seed):
    """The bars without some single ones, some runs, the end of a day, and a run that restarts clocks up to a day."""
    rng = np.random.default_rng(seed)
    day = Timeframe.D1.ms // bars.timeframe.ms
    there = rng.random(len(bars)) > 0.01
    for begin in rng.integers(len(bars), size=20):
        there[begin : begin + rng.integers(1, 60)] = False
    there[10 * day : 11 * day - 1] = True
    there[11 * day - 1] = False
    middle = len(bars) // 2
    there[middle : middle + (MAX_GAP + 3) * day] = False
    return BarFrame(bars.instrument, bars.timeframe, bars.table.filter(there))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H1])
def test_on_a_walk_with_holes_of_every_length(walk, timeframe, seed):
    bars = with_holes(walk(100 * Timeframe.D1.ms // timeframe.ms, seed=seed, timeframe=timeframe), seed)
    seen = check(bars)
    day = seen[Timeframe.D1]
    assert len(day.left_out)
    assert not day.complete.all()
    assert (day.bars.missing_before > MAX_GAP).sum() == 1
    assert (day.known_at > day.bars.close_time).any()  # a day without its last bar is known later


REAL = {
    "BTCUSD-1m": ("bitfinex_1m/BTCUSD-1m-201710-201803", 60_000),
    "SOLUSDT-15m": ("binance_spot_15m/SOLUSDT-15m-202008-202210", None),
    "BTCUSDT-1h": ("binance_spot_1h/BTCUSDT-1h-201708-202210", None),
}


@pytest.mark.real_data
@pytest.mark.parametrize("series", REAL)
def test_on_recorded_bars_with_gaps(series, data_folder):
    path, count = REAL[series]
    symbol, timeframe = series.split("-")
    file = data_folder / f"ohlcv/{path}.csv.gz"
    bars = read_bars([file], symbol=symbol, timeframe=Timeframe(timeframe), now=NOW)
    bars = bars.rows(0, count or len(bars))
    assert (bars.missing_before > 0).any()
    seen = check(bars)
    assert not all(higher.complete.all() for higher in seen.values())
