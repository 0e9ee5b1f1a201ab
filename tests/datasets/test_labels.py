"""Breakouts, volatility and meta-labels against plain NumPy."""

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.datasets.labelling import make_labels
from alphaplus.datasets.labels.meta import meta_labels
from alphaplus.features.compute import compute_features


@pytest.mark.parametrize(("prior", "horizon"), [(1, 1), (5, 3), (20, 24)])
def test_breakout_is_the_first_close_beyond_the_prior_range(make_bars, prior, horizon):
    bars = make_bars(400, seed=2, missing=[100, 101, 250, 251, 252, 253])
    found = make_labels(bars, "breakout", horizon=horizon, window=prior)
    high, low, close = (bars.column(name) for name in ("high", "low", "close"))
    assert not found.valid[: prior - 1].any()
    for t in np.flatnonzero(found.valid):
        ahead = close[t + 1 : t + 1 + horizon]
        out = np.flatnonzero((ahead > high[t - prior + 1 : t + 1].max()) | (ahead < low[t - prior + 1 : t + 1].min()))
        assert found.y[t] == float(len(out) > 0)
        assert found.span_end[t] == t + 1 + (out[0] if len(out) else horizon - 1)
    assert set(found.y[found.valid]) == {0.0, 1.0}
    assert (found.task, found.classes) == (Task.BINARY, (0.0, 1.0))


def test_breakout_of_half_a_bar_is_refused(make_bars):
    for window, message in ((2.5, "whole number"), (0, "1 or more")):
        with pytest.raises(ConfigError, match="window is") as error:
            make_labels(make_bars(50), "breakout", window=window)
        assert message in error.value.hint


def test_a_series_shorter_than_the_range_has_no_breakout(make_bars):
    assert not make_labels(make_bars(15), "breakout", horizon=2).valid.any()


@pytest.mark.parametrize("horizon", [1, 6])
def test_volatility_is_that_of_ranges_and_gaps(make_bars, horizon):
    bars = make_bars(200, missing=[80, 81])
    found = make_labels(bars, "target_volatility", horizon=horizon)
    open_, high, low, close = (bars.column(name) for name in ("open", "high", "low", "close"))
    for t in np.flatnonzero(found.valid):
        total = 0.0
        for j in range(t + 1, t + 1 + horizon):
            total += np.log(high[j] / low[j]) ** 2 / (4.0 * np.log(2.0)) + np.log(open_[j] / close[j - 1]) ** 2
        assert found.y[t] == pytest.approx(np.log(total), rel=1e-12)
    assert found.valid[: 200 - horizon].all()
    assert found.task is Task.REGRESSION


def test_volatility_estimates_the_variance_of_a_walk(bars_of):
    """Parkinson (1980) on paths watched 2,000 times a bar, whose variance per bar is known."""
    steps = np.random.default_rng(0).normal(0.0, 0.01 / np.sqrt(2_000), (1_000, 2_000))
    path = np.exp(np.cumsum(steps, axis=1) + np.concatenate([[0.0], np.cumsum(steps.sum(axis=1))[:-1]])[:, None])
    open_ = np.concatenate([[1.0], path[:-1, -1]])
    high, low = np.maximum(path.max(axis=1), open_), np.minimum(path.min(axis=1), open_)
    bars = bars_of(np.column_stack([open_, high, low, path[:, -1]]))
    found = make_labels(bars, "target_volatility", horizon=1)
    assert np.exp(found.y[found.valid]).mean() == pytest.approx(1e-4, rel=0.08)


def test_volatility_of_bars_without_a_range_is_the_floor(bars_of):
    still = bars_of(np.full((50, 4), 7.0))
    for floor in (1.0, 3.0):
        found = make_labels(still, "target_volatility", horizon=4, floor_bps=floor)
        assert found.y[found.valid] == pytest.approx(2.0 * np.log(floor * 1e-4))
        assert found.valid[:46].all()
    with pytest.raises(ConfigError, match="floor_bps"):
        make_labels(still, "target_volatility", floor_bps=0.0)


def test_volatility_reads_no_price_before_the_close_of_its_bar(make_bars):
    """Of the past it asks about, that close is all."""
    bars = make_bars(60)
    whole = make_labels(bars, "target_volatility", horizon=5)
    for t in range(20, 50):
        assert make_labels(bars.rows(t, 60), "target_volatility", horizon=5).y[0] == whole.y[t]


def test_meta_label_of_a_rule_is_the_trade_on_its_side(make_bars):
    bars = make_bars(300, seed=4)
    side = np.random.default_rng(0).choice([-2.0, 0.0, 0.5, np.nan], 300)
    found = meta_labels(bars, side, horizon=8, target=2.0, stop=1.0, cost_bps=3.0)
    long, short = (
        make_labels(bars, "profitable", horizon=8, target=2.0, stop=1.0, cost_bps=3.0, side=way) for way in (1.0, -1.0)
    )
    assert not found.valid[~(np.abs(side) > 0.0)].any()
    for way, trade in ((side > 0.0, long), (side < 0.0, short)):
        assert np.array_equal(found.y[way], trade.y[way], equal_nan=True)
        assert np.array_equal(found.span_end[way], trade.span_end[way])
        assert found.valid[way].sum() > 50


def test_meta_label_of_a_feature_is_that_of_its_values(make_bars):
    bars = make_bars(300, seed=4)
    side = compute_features(bars, ["return_1"]).values[:, 0]
    assert np.array_equal(
        make_labels(bars, "meta", horizon=8, side="return_1").y, meta_labels(bars, side, horizon=8).y, equal_nan=True
    )
    with pytest.raises(UnknownName, match="return_one"):
        make_labels(bars, "meta", side="return_one")
    with pytest.raises(UnknownName, match="stopp"):
        meta_labels(bars, side, stopp=2.0)


def test_entry_points_are_turned_round_with_the_market(make_bars, bars_of):
    """Prices mirrored in logarithms: what was a buy is a sell."""
    prices = make_bars(400, seed=7).matrix(("open", "high", "low", "close"))
    found = make_labels(bars_of(prices), "entry_point")
    mirrored = make_labels(bars_of((100.0**2 / prices)[:, [0, 2, 1, 3]]), "entry_point")
    assert np.array_equal(mirrored.y, -found.y, equal_nan=True)
    assert np.array_equal(mirrored.span_end, found.span_end)
    assert set(found.y[found.valid]) == {-1.0, 0.0, 1.0}
    assert (found.task, found.classes) == (Task.MULTICLASS, (-1.0, 0.0, 1.0))
