"""Simulated markets follow the law that their names promise."""

from math import asin, pi, sqrt

import numpy as np
import pytest

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


@pytest.mark.parametrize("market", ["M1", "M4", "N0", "N1"])
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
