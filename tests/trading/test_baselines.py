"""Buy-and-hold, and random entries: circular shifts of the positions themselves."""

import numpy as np
import pytest

from alphaplus.evaluation.returns import sharpe
from alphaplus.trading.backtest import backtest_positions
from alphaplus.trading.baselines import baselines, buy_and_hold, random_sharpes


def positions_of(n):
    return np.sign(np.sin(np.arange(n) / 11)) * (np.arange(n) % 5 > 0)


def test_buy_and_hold_buys_once_at_the_same_costs(markets):
    bars = markets.walk(500, seed=1)
    held = buy_and_hold(backtest_positions(bars, positions_of(500), fee_bps=10.0, slippage_bps=5.0))
    close, open_ = bars.column("close")[-1], bars.column("open")[1]
    assert held.equity[-1] == pytest.approx(10_000 * close / (open_ * 1.0005 * 1.001), rel=1e-12)
    assert len(held.trades) == 1


def test_random_entries_are_shifted_copies_of_the_positions(markets):
    bars = markets.walk(400, seed=2)
    found = backtest_positions(bars, positions_of(400), fee_bps=4.0, slippage_bps=1.0, seed=5)
    drawn = random_sharpes(found, count=20)
    shifts = np.random.default_rng(5).integers(1, 400, size=20)
    standing = np.roll(found.positions, -1)
    for ratio, shift in zip(drawn, shifts.tolist(), strict=True):
        copy = backtest_positions(bars, np.roll(standing, shift), fee_bps=4.0, slippage_bps=1.0)
        assert ratio == pytest.approx(sharpe(copy.returns, per_year=bars.timeframe.per_year), rel=1e-9)


def test_the_seed_decides_the_draw(markets):
    bars = markets.walk(300, seed=3)
    first, again, other = (backtest_positions(bars, positions_of(300), seed=seed).baselines for seed in (1, 1, 2))
    assert first == again
    assert first["random_entries"] != other["random_entries"]


def test_hindsight_beats_all_random_entries_and_its_opposite_none(markets):
    bars = markets.walk(600, seed=4)
    ahead = np.sign(np.append(np.diff(bars.column("close")), 0.0))  # knows the next bar
    for sign, percentile in ((1, 100.0), (-1, 0.0)):
        found = backtest_positions(bars, sign * ahead, fee_bps=0.0)
        assert baselines(found)["random_entries"]["percentile"] == percentile


def test_no_positions_have_no_percentile(markets):
    random = backtest_positions(markets.walk(100, seed=5), np.zeros(100)).baselines["random_entries"]
    assert random["count"] == 0
    assert random["percentile"] is None


def test_random_positions_on_a_walk_are_nothing_special(markets):
    percentiles = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        bars = markets.walk(800, seed=seed)
        positions = np.repeat(rng.choice([-1.0, 0.0, 1.0], 80), 10)
        percentiles.append(backtest_positions(bars, positions, seed=seed).baselines["random_entries"]["percentile"])
    assert 25 < np.mean(percentiles) < 75
