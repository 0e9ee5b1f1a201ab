"""Simulated markets follow the law that their names promise."""

from itertools import pairwise
from math import asin, pi, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.market.sources.simulated import END, simulate


def log_returns(bars):
    return np.log(bars.column("close") / bars.column("open"))


def test_m1_follows_its_autoregression():
    moves = log_returns(simulate("M1", bars=100_000))
    before, after = moves[:-1], moves[1:]
    slope = (before * after).sum() / (before**2).sum()
    shocks = after - 0.3 * before
    assert slope == pytest.approx(0.3, abs=4 / sqrt(100_000))
    assert shocks.std() == pytest.approx(0.01, rel=0.01)
    assert abs(np.corrcoef(shocks[:-1], shocks[1:])[0, 1]) < 0.013
    assert abs((shocks**4).mean() / shocks.var() ** 2 - 3.0) < 0.1  # normal shocks


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_m1_bayes_forecast_is_right_as_often_as_theory_says_and_calibrated(seed):
    bars = simulate("M1", bars=40_000, seed=seed)
    up = bars.column("close")[1:] > bars.column("open")[1:]
    forecast = bars.bayes[:-1]
    accuracy = ((forecast > 0.5) == up).mean()
    assert accuracy == pytest.approx(0.5 + asin(0.3) / pi, abs=3 * 0.5 / sqrt(40_000))
    for low, high in ((0.0, 0.4), (0.4, 0.6), (0.6, 1.0)):
        inside = (forecast >= low) & (forecast < high)
        assert up[inside].mean() == pytest.approx(forecast[inside].mean(), abs=3.5 * 0.5 / sqrt(inside.sum()))


def test_m1_volume_and_range_do_not_tell_the_direction():
    bars = simulate("M1", bars=40_000)
    shock = log_returns(bars)[1:] - 0.3 * log_returns(bars)[:-1]
    upper = np.log(bars.column("high") / np.maximum(bars.column("open"), bars.column("close")))
    lower = np.log(np.minimum(bars.column("open"), bars.column("close")) / bars.column("low"))
    for column in (np.log(bars.column("volume")), upper, lower):
        assert abs(np.corrcoef(column[:-1], shock)[0, 1]) < 3.5 / sqrt(40_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_m4_follows_its_engulfing_bars_and_nothing_else(seed):
    bars = simulate("M4", bars=40_000, seed=seed)
    moves = log_returns(bars)
    engulfs = np.append(False, (moves[:-1] * moves[1:] < 0) & (np.abs(moves[1:]) > np.abs(moves[:-1])))
    assert np.array_equal(bars.bayes != 0.5, engulfs)
    assert np.array_equal(bars.bayes[engulfs] > 0.5, moves[engulfs] > 0)
    assert engulfs.mean() == pytest.approx(0.24, abs=0.01)
    follows = (moves[1:] > 0) == (moves[:-1] > 0)
    on, off = engulfs[:-1], ~engulfs[:-1]
    assert follows[on].mean() == pytest.approx(0.65, abs=3.5 * 0.5 / sqrt(on.sum()))
    assert (moves[1:] > 0)[off].mean() == pytest.approx(0.5, abs=3.5 * 0.5 / sqrt(off.sum()))
    assert ((bars.bayes[:-1] > 0.5) == (moves[1:] > 0)).mean() == pytest.approx(0.535, abs=0.01)
    assert np.abs(moves).mean() == pytest.approx(0.01 * sqrt(2 / pi), rel=0.02)


SEEDS = [1, 2, 3]
ATTAINABLE = {"M2": 0.588, "M3": 0.5 + asin(0.3) / pi, "M5": 0.65, "M6": 0.609}  # M2 and M6 over a million bars


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("market", ATTAINABLE)
def test_the_bayes_forecast_is_right_as_often_as_it_says(market, seed):
    bars = simulate(market, bars=40_000, seed=seed)
    up, forecast = bars.column("close")[1:] > bars.column("open")[1:], bars.bayes[:-1]
    right = ((forecast > 0.5) == up).mean()
    assert right == pytest.approx(np.maximum(forecast, 1.0 - forecast).mean(), abs=3.5 * 0.5 / sqrt(40_000))
    assert right == pytest.approx(ATTAINABLE[market], abs=0.008)
    edges = np.quantile(forecast, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for low, high in pairwise(edges):
        inside = (forecast >= low) & (forecast <= high)
        assert up[inside].mean() == pytest.approx(forecast[inside].mean(), abs=3.5 * 0.5 / sqrt(inside.sum()))


def paths(densities, stay):
    """The probability of state 1 after the last of some bars (n, 2), by adding up all paths of states."""
    joint = dict.fromkeys(((0,), (1,)), 0.5)
    for t, row in enumerate(densities):
        joint = {path: p * row[path[t]] for path, p in joint.items()}
        if t + 1 < len(densities):
            joint = {
                (*path, nxt): p * (stay if nxt == path[-1] else 1.0 - stay)
                for path, p in joint.items()
                for nxt in (0, 1)
            }
    return sum(p for path, p in joint.items() if path[-1] == 1) / sum(joint.values())


@pytest.mark.parametrize("market", ["M2", "M6"])
def test_the_filter_gives_the_probability_of_all_paths_together(market):
    bars = simulate(market, bars=10, seed=4)
    moves = log_returns(bars)
    before = np.concatenate(([0.0], moves[:-1]))
    means = [np.full(10, -0.0035), np.full(10, 0.0035)] if market == "M2" else [0.35 * before, -0.35 * before]
    sizes = (0.01, 0.01) if market == "M2" else (0.005, 0.02)
    densities = np.column_stack([norm.pdf(moves, mean, size) for mean, size in zip(means, sizes, strict=True)])
    stay = 0.98 if market == "M2" else 0.99
    after = paths(densities, stay)
    second = after * stay + (1.0 - after) * (1.0 - stay)
    ahead = (-0.0035, 0.0035) if market == "M2" else (0.35 * moves[-1], -0.35 * moves[-1])
    rises = [norm.cdf(mean / size) for mean, size in zip(ahead, sizes, strict=True)]
    assert bars.bayes[-1] == pytest.approx((1.0 - second) * rises[0] + second * rises[1], rel=1e-9)


def shocks_of(bars):
    """The shock to log volume of every bar but the first, as the volume shows it."""
    logs = np.log(bars.column("volume") / 1000.0)
    return (logs[1:] - 0.9 * logs[:-1]) / 0.3


@pytest.mark.parametrize("market", ["M3", "M5"])
def test_shocks_can_be_read_from_the_volume(market):
    bars = simulate(market, bars=40_000)
    shocks, moves = shocks_of(bars), log_returns(bars)
    assert shocks.std() == pytest.approx(1.0, rel=0.02)
    assert abs(np.corrcoef(shocks[1:], shocks[:-1])[0, 1]) < 3.5 / sqrt(40_000)
    if market == "M3":
        assert bars.bayes[1:] == pytest.approx(norm.cdf(0.3 * shocks / sqrt(0.91)), abs=1e-6)
        assert moves.std() == pytest.approx(0.01, rel=0.02)
        assert np.corrcoef(shocks[:-1], moves[2:])[0, 1] == pytest.approx(0.3, abs=0.02)
        assert abs(np.corrcoef(moves[1:], moves[:-1])[0, 1]) < 3.5 / sqrt(40_000)
    else:
        assert np.array_equal(bars.bayes[1:] > 0.5, moves[1:] * shocks > 0.0)
        up = moves[2:] > 0.0
        for alone in (shocks[:-1] > 0.0, moves[1:-1] > 0.0):
            assert (up == alone).mean() == pytest.approx(0.5, abs=3.5 * 0.5 / sqrt(40_000))


def expected_variance(moves):
    """What the variance of each bar of M6 was expected to be before it, its mean left out."""
    before = np.concatenate(([0.0], moves[:-1]))
    calm, wild = norm.pdf(moves, 0.35 * before, 0.005), norm.pdf(moves, -0.35 * before, 0.02)
    first, found = 0.5, []
    for one, other in zip(calm.tolist(), wild.tolist(), strict=True):
        found.append(first * 0.005**2 + (1.0 - first) * 0.02**2)
        after = first * one / (first * one + (1.0 - first) * other)
        first = 0.99 * after + 0.01 * (1.0 - after)
    return np.array(found)


@pytest.mark.parametrize("side", ["high", "low"])
def test_highs_and_lows_of_m6_know_no_more_of_the_state_than_the_returns_before(side):
    """Solved for the variance that they were drawn with, they give what was expected, in calm and wild bars alike."""
    bars = simulate("M6", bars=40_000)
    moves = log_returns(bars)
    reach = np.log(bars.column(side) / bars.column("open"))
    drawn = ((2.0 * reach - moves) ** 2 - moves**2) / 2.0 / expected_variance(moves)  # exponential of mean 1
    surprising = np.abs(moves) / np.sqrt(expected_variance(moves))
    for among in (surprising < 0.5, surprising > 1.5):
        assert among.sum() > 4_000
        assert drawn[among].mean() == pytest.approx(1.0, abs=3.5 / sqrt(among.sum()))


@pytest.mark.parametrize("seed", SEEDS)
def test_n2_bounces_between_bid_and_ask_and_costs_half_the_spread(seed):
    bars = simulate("N2", bars=200_000, seed=seed)
    moves = log_returns(bars)
    error = 1.0 / sqrt(200_000)
    assert moves.std() == pytest.approx(sqrt(20e-4**2 + 2 * 4e-4**2), rel=0.01)
    assert np.corrcoef(moves[1:], moves[:-1])[0, 1] == pytest.approx(-0.037, abs=3.5 * error)
    assert abs(np.corrcoef(moves[2:], moves[:-2])[0, 1]) < 3.5 * error
    assert ((moves[:-1] < 0) == (moves[1:] > 0)).mean() == pytest.approx(0.512, abs=3.5 * 0.5 * error)
    assert ((bars.bayes[:-1] > 0.5) == (moves[1:] > 0)).mean() > 0.512 - 3.5 * 0.5 * error
    assert bars.instrument.fee_bps == 4.0


@pytest.mark.parametrize("market", ["N0", "N1"])
def test_null_market_is_a_martingale_with_clustered_heavy_tailed_moves(market):
    bars = simulate(market, bars=100_000)
    returns = bars.column("close") / bars.column("open") - 1.0
    error = returns.std() / sqrt(len(returns))
    assert abs(returns.mean()) < 3 * error
    assert abs(np.corrcoef(np.sign(returns[:-1]), np.sign(returns[1:]))[0, 1]) < 3.5 / sqrt(100_000)
    size = np.abs(returns)
    assert np.corrcoef(size[:-1], size[1:])[0, 1] > 0.1
    assert (returns**4).mean() / returns.var() ** 2 > 4.0
    assert np.corrcoef(np.log(bars.column("volume")), size)[0, 1] > 0.4
    assert (bars.bayes == 0.5).all()


@pytest.mark.parametrize("market", ["M1", "M2", "M3", "M4", "M5", "M6", "N0", "N1"])
def test_bars_are_plausible_and_labelled(market):
    bars = simulate(market, bars=5000)
    open_, high, low, close = (bars.column(name) for name in ("open", "high", "low", "close"))
    assert np.array_equal(open_[1:], close[:-1])
    assert (high >= np.maximum(open_, close)).all()
    assert (low <= np.minimum(open_, close)).all()
    assert (low > 0).all()
    assert ((high - low) / open_).mean() < 0.05
    assert (bars.column("volume") > 0).all()
    assert bars.instrument.simulated
    assert (bars.instrument.symbol, bars.instrument.fee_bps) == (f"SIM-{market}", 2.0)
    assert bars.close_time[-1] == END
    assert (bars.missing_before == 0).all()
    assert bars.bayes.shape == (5000,)


def test_seed_name_length_and_end_decide():
    one = simulate("N0", bars=500, seed=1)
    assert one.table.equals(simulate("N0", bars=500, seed=1).table)
    assert not one.table.equals(simulate("N0", bars=500, seed=2).table)
    moved = simulate("N0", bars=500, seed=1, end=END + 90_000_000, symbol="X", timeframe=Timeframe.M5)
    assert moved.close_time[-1] == END + 90_000_000
    assert np.array_equal(moved.column("close"), one.column("close"))
    assert moved.instrument.symbol == "X"


def test_every_timeframe_is_on_its_grid():
    for timeframe in Timeframe:
        times = simulate("M1", bars=50, timeframe=timeframe).open_time
        assert ((times - timeframe.offset_ms) % timeframe.ms == 0).all()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UnknownName, match="did you mean M1"):
        simulate("m1")
    with pytest.raises(ConfigError, match="cannot simulate 0 bars"):
        simulate("M1", bars=0)
    with pytest.raises(ConfigError, match="before 1990"):
        simulate("M1", bars=40_000, timeframe=Timeframe.W1)
