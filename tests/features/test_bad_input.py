"""Markets at their worst: no movement, no volume, one bar, a month missing, prices of 1e-8 and 1e8."""

from functools import lru_cache

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features, is_carried, total_warmup
from alphaplus.features.sets import feature_set

BARS = 6_000
FULL = feature_set("full", Timeframe.H1).columns


@lru_cache(maxsize=1)
def ordinary(walk):
    return walk(BARS, seed=3)


def known(values):
    """Which columns have a value in any row."""
    return np.isfinite(values).any(axis=0)


def test_a_market_that_never_moves_has_neutral_values_everywhere(walk, flat, compute_every):
    moving, still = compute_every(ordinary(walk)), compute_every(flat(BARS))
    assert not np.isinf(still.values).any()
    lost = known(moving.values) & ~known(still.values[-1:])
    assert [column for place, column in enumerate(still.columns) if lost[place]] == []


def test_days_without_volume_leave_no_hole(walk, compute_every):
    bars = ordinary(walk)
    quiet = bars.column("volume").copy()
    quiet[3_000:3_120] = 0.0
    with_hole = compute_every(walk_with(bars, volume=quiet))
    usual = compute_every(bars)
    assert not np.isinf(with_hole.values).any()
    lost = np.isnan(with_hole.values) & ~np.isnan(usual.values)
    assert [column for place, column in enumerate(usual.columns) if lost[:, place].any()] == []


def test_one_bar_is_enough_for_what_needs_no_other(walk, compute_every):
    frame = compute_every(walk(1))
    assert frame.values.shape == (1, len(frame.columns))
    assert np.isfinite(frame.column("body_ratio"))[0]
    ever = known(compute_every(ordinary(walk)).values)
    own_clock = [features.get(name).every in (None, Timeframe.H1) for name in frame.columns]
    first = [total_warmup(name) == 1 and own for name, own in zip(frame.columns, own_clock, strict=True)]
    assert np.array_equal(np.isfinite(frame.values[0]), ever & first)


def test_after_a_missing_month_all_begins_anew_but_what_is_carried(walk, compute_every):
    bars = ordinary(walk)
    times = bars.open_time.copy()
    times[4_000:] += 31 * 24 * Timeframe.H1.ms
    with_gap = walk_with(bars, open_time=times)
    frame = compute_every(with_gap)
    after, fresh = frame.values[4_000:], compute_every(with_gap.rows(4_000, BARS)).values
    for place, column in enumerate(frame.columns):
        every = features.get(column).every
        if not is_carried(column) and (every is None or every is Timeframe.H1):
            assert np.array_equal(after[:, place], fresh[:, place], equal_nan=True), column


@pytest.mark.parametrize("power", [-27, 27])
def test_models_see_the_same_market_at_any_price(walk, power, compute_every):
    """Times a power of two every price keeps its digits, so columns without a unit must not change at all."""
    bars = ordinary(walk)
    scaled = walk_with(bars, **{name: bars.column(name) * 2.0**power for name in ("open", "high", "low", "close")})
    assert np.log10(scaled.column("close")[0]) == pytest.approx(2 + power * np.log10(2), abs=0.1)
    usual, other = compute_every(bars), compute_every(scaled)
    apart = [c for c in FULL if not np.array_equal(usual.column(c), other.column(c), equal_nan=True)]
    assert apart == []
    assert np.isfinite(other.values).sum() == np.isfinite(usual.values).sum()


@pytest.mark.parametrize("power", [-27, 27])
def test_models_see_the_same_market_at_any_size_of_the_volume(walk, power, compute_every):
    bars = ordinary(walk)
    usual, other = compute_every(bars), compute_every(walk_with(bars, volume=bars.column("volume") * 2.0**power))
    assert [c for c in FULL if not np.array_equal(usual.column(c), other.column(c), equal_nan=True)] == []


def walk_with(bars, **changed):
    """The bars with other columns."""
    from dataclasses import replace

    return replace(bars, table=bars.table.with_columns(**changed))


def test_bounded_columns_stay_within_their_bounds_to_the_last_digit(walk, compute_every):
    bars = ordinary(walk)
    sides = {
        "buy_volume": bars.column("volume"),
        "bid_depth_1_0": np.full(BARS, 1e-3),
        "ask_depth_1_0": np.full(BARS, 9.0),
    }
    frame = compute_every(walk_with(bars, **sides))
    for name, low, high in (
        ("mfi_14", 0.0, 100.0),
        ("stochastic_fast", 0.0, 100.0),
        ("williams_r_14", -100.0, 0.0),
        ("bid_ask_ratio", 0.01, 100.0),
        ("volume_flow_imbalance", -1.0, 1.0),
        ("volume_score", -1.0, 1.0),
        ("volume_positioning_score", 0.0, 1.0),
    ):
        values = frame.column(name)[~np.isnan(frame.column(name))]
        assert len(values) > BARS / 2
        assert values.min() >= low
        assert values.max() <= high


def test_slopes_of_running_totals_forget_how_large_the_totals_are(walk):
    """A quiet market after a loud one: the total is 1e12 times what the slope looks for."""
    bars = ordinary(walk)
    volume = bars.column("volume").copy()
    volume[:4_000] *= 1e12
    loud = walk_with(bars, volume=volume)
    columns = ["obv_slope_20", "cvd_slope_20", "cvd_divergence_20", "volume_score"]
    whole = compute_features(loud, columns).values[4_300:]
    late = compute_features(loud.rows(4_100, BARS), columns).values[200:]
    np.testing.assert_allclose(whole, late, rtol=0, atol=1e-9)


def test_levels_of_the_profile_lie_within_the_prices_however_wide_their_range(walk, compute_every):
    bars = ordinary(walk)
    rise = np.exp(np.linspace(0, 40, BARS))  # some 800-fold within a window
    soaring = walk_with(bars, **{name: bars.column(name) * rise for name in ("open", "high", "low", "close")})
    frame = compute_every(soaring)
    lowest = np.nanmin(soaring.column("low"))
    for name in ("point_of_control", "value_area_low", "value_area_high", "nearest_volume_node"):
        assert np.nanmin(frame.column(name)) >= lowest
