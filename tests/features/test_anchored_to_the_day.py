"""Columns of the day: the usual volume of its minutes, and the volume-weighted average price since midnight."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet

RELATIVE = FeatureSet("relative", ("relative_volume",))
ANCHORED = FeatureSet("anchored", ("vwap", "close_to_vwap", "vwap_band_position", "typical_price"))
COVERED = frozenset((*RELATIVE.columns, *ANCHORED.columns))
DAY_MS = 86_400_000
MINUTE_MS = 60_000


def usual(days):
    """Exponential mean over days of weight 1/20, from the first day on that has any volume; 0 where none has."""
    days = np.trim_zeros(np.asarray(days, dtype=float), "f")
    if not len(days):
        return 0.0
    weights = 0.05 * 0.95 ** np.arange(len(days))[::-1]
    weights[0] = 0.95 ** (len(days) - 1)
    return float(weights @ days)


def expected_relative_volume(bars):
    """Worked out from nothing for every bar, from the bars of the days before it alone."""
    day, minute = bars.open_time // DAY_MS, bars.open_time % DAY_MS // MINUTE_MS
    volume = bars.column("volume")
    whole = {d: volume[day == d].mean() for d in np.unique(day)}
    wait = 24 * Timeframe.H1.ms // min(bars.timeframe.ms, Timeframe.H1.ms)
    found = np.full(len(bars), np.nan)
    for row in range(wait, len(bars)):
        past = day < day[row]
        expected = usual(volume[past & (minute == minute[row])])
        if expected == 0.0:
            expected = usual([whole[d] for d in np.unique(day[past])])
        found[row] = min(volume[row] / expected, 100.0) if expected else 1.0
    return found


def with_volume(bars, volume, *, keep=None):
    """The bars with other volumes, or only some of them."""
    table = bars.table.with_columns(volume=pl.Series(volume))
    return BarFrame(bars.instrument, bars.timeframe, table if keep is None else table[keep.tolist()])


@pytest.mark.parametrize(
    ("timeframe", "count"), [(Timeframe.M1, 4_500), (Timeframe.M15, 3_000), (Timeframe.H1, 3_000), (Timeframe.D1, 600)]
)
def test_relative_volume_is_measured_by_the_same_minute_of_the_days_before(walk, timeframe, count):
    bars = walk(count, timeframe=timeframe, start=1_614_556_800_000 + (0 if timeframe is Timeframe.D1 else 39_600_000))
    rng = np.random.default_rng(3)
    quiet = (rng.random(count) < 0.2) | (bars.open_time // MINUTE_MS % 60 == 30)  # some minutes never trade
    keep = np.setdiff1d(np.arange(count), np.r_[300:310, 400:470])  # a short gap and one that restarts other features
    bars = with_volume(bars, np.where(quiet, 0.0, bars.column("volume")), keep=keep)
    got = compute_features(bars, RELATIVE).column("relative_volume")
    np.testing.assert_allclose(got, expected_relative_volume(bars), rtol=1e-9)


@pytest.mark.real_data
def test_relative_volume_of_recorded_hours(btc_1h):
    bars = btc_1h.rows(0, 4_000)
    assert (bars.missing_before > 0).any()
    got = compute_features(bars, RELATIVE).column("relative_volume")
    np.testing.assert_allclose(got, expected_relative_volume(bars), rtol=1e-9)


def test_neither_the_bar_nor_its_day_is_in_what_it_is_compared_with(walk):
    bars = walk(24 * 40)
    plain = compute_features(bars, RELATIVE).column("relative_volume")
    volume, place = bars.column("volume").copy(), 24 * 30 + 5
    volume[place] *= 3.0
    got = compute_features(with_volume(bars, volume), RELATIVE).column("relative_volume")
    changed = np.flatnonzero((got != plain) & ~np.isnan(plain))
    np.testing.assert_allclose(got[place], 3.0 * plain[place], rtol=1e-12)
    assert changed.tolist() == [place, *range(place + 24, len(bars), 24)]


def test_relative_volume_is_capped_and_reads_one_where_nothing_is_usual(walk, flat):
    bars = walk(24 * 3)
    volume = bars.column("volume").copy()
    volume[50] = 1e9
    got = compute_features(with_volume(bars, volume), RELATIVE).column("relative_volume")
    assert got[50] == 100.0
    silent = compute_features(flat(24 * 3), RELATIVE).column("relative_volume")
    assert np.isnan(silent[:24]).all()
    assert (silent[24:] == 1.0).all()


def expected_anchored(bars):
    """Weighted mean, distance and place in the bands of each bar, from the bars of its day so far."""
    day, volume, close = bars.open_time // DAY_MS, bars.column("volume"), bars.column("close")
    price = (bars.column("high") + bars.column("low") + close) / 3
    rows = []
    for row in range(len(bars)):
        inside = (day == day[row]) & (np.arange(len(bars)) <= row)
        if volume[inside].sum() > 0:
            average = np.average(price[inside], weights=volume[inside])
            variance = np.average((price[inside] - average) ** 2, weights=volume[inside])
        else:
            average, variance = price[row], 0.0
        place = (close[row] - average) / np.sqrt(variance) if variance > 1e-20 else 0.0
        rows.append((average, close[row] / average - 1, np.clip(place, -10, 10)))
    return np.array(rows)


def compare_anchored(bars):
    got = compute_features(bars, ANCHORED)
    expected = expected_anchored(bars)
    for place, column in enumerate(("vwap", "close_to_vwap", "vwap_band_position")):
        scale = np.median(np.abs(expected[:, place]))
        np.testing.assert_allclose(got.column(column), expected[:, place], rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.H1, Timeframe.D1])
def test_vwap_and_its_bands_are_anchored_to_midnight(walk, timeframe):
    bars = walk(3_000 if timeframe is not Timeframe.D1 else 500, timeframe=timeframe)
    volume = np.where(np.random.default_rng(4).random(len(bars)) < 0.1, 0.0, bars.column("volume"))
    volume[bars.open_time % DAY_MS < 3 * MINUTE_MS] = 0.0  # days begin without volume
    keep = np.setdiff1d(np.arange(len(bars)), np.r_[200:230, 300:320, 400:460])  # gaps that begin and end inside days
    compare_anchored(with_volume(bars, volume, keep=keep))


@pytest.mark.real_data
def test_vwap_and_its_bands_of_recorded_hours(btc_1h):
    compare_anchored(btc_1h.rows(0, 3_000))


def test_a_long_gap_inside_a_day_keeps_the_anchor_and_midnight_moves_it(walk):
    bars = walk(1_500, timeframe=Timeframe.M1)
    gap = with_volume(bars, bars.column("volume"), keep=np.setdiff1d(np.arange(1_500), np.arange(600, 700)))
    got = compute_features(gap, ANCHORED)
    first = np.r_[0:600, 700:701]
    price, volume = (bars.column("high") + bars.column("low") + bars.column("close")) / 3, bars.column("volume")
    np.testing.assert_allclose(got.column("vwap")[600], np.average(price[first], weights=volume[first]), rtol=1e-12)
    midnight = int(np.flatnonzero(gap.open_time % DAY_MS == 0)[1])
    assert got.column("vwap")[midnight] == got.column("typical_price")[midnight]
    assert got.column("vwap_band_position")[midnight] == 0.0


def test_a_market_without_movement_lies_in_the_middle_of_its_bands(flat):
    bars = flat(100)
    for volume in (bars.column("volume"), np.ones(100)):
        got = compute_features(with_volume(bars, volume), ANCHORED)
        assert (got.column("vwap") == 100.0).all()
        assert (got.column("vwap_band_position") == 0.0).all()
