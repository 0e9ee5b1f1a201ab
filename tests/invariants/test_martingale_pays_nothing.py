"""On a martingale every pair of stop and target averages minus its cost (methodology 7, N3)."""

from itertools import product

import numpy as np
import pytest

from alphaplus.trading import fills
from alphaplus.trading.fills import ExitReason

FEE_BPS = 5.0
SIGMA = 0.01
HOUR = 3_600_000
OF_FORTY = 3.5  # standard errors: forty pairs are looked at


def trades(prices, side, *, stop, target, fee_bps=FEE_BPS):
    """Closed trades of entering again and again, levels so far from each close."""
    close = prices[:, 3]
    orders = np.column_stack([np.full(len(close), float(side)), close - side * stop, close + side * target])
    state = fills.new_state(capital=1e6, fee_bps=fee_bps, slippage_bps=0.0)
    times = np.arange(len(close), dtype=np.int64) * HOUR
    found = fills.fill_bars(state, times, prices=prices, orders=orders).trades
    return found[found[:, fills.REASON] != ExitReason.OPEN]


def net(found):
    """Net profit of each trade over its entry notional."""
    return found[:, fills.PNL] / (found[:, fills.ENTRY] * found[:, fills.UNITS])


def cost(found):
    """Fees of each trade over its entry notional."""
    return found[:, fills.TRADE_FEES] / (found[:, fills.ENTRY] * found[:, fills.UNITS])


def within_three_errors(values):
    assert len(values) > 1_000
    return abs(values.mean()) < 3.0 * values.std(ddof=1) / np.sqrt(len(values))


@pytest.fixture(scope="module")
def prints():
    """Bars of a single print each: a geometric martingale seen only at its closes."""
    shocks = np.random.default_rng(11).normal(0, SIGMA, 300_000)
    close = 100.0 * np.exp(np.cumsum(shocks - SIGMA**2 / 2))
    return np.repeat(close[:, None], 4, axis=1)


@pytest.fixture(scope="module")
def ticks():
    """Bars of 50 steps of one tick up or down: every level is met exactly, and none but the nearest within a bar."""
    steps = np.random.default_rng(12).integers(0, 2, (300_000, 50), dtype=np.int8) * 2 - 1
    path = np.cumsum(steps, axis=1, dtype=np.int64)
    close = 100_000 + np.cumsum(path[:, -1])
    open_ = np.concatenate(([100_000], close[:-1]))
    high = open_ + np.maximum(path.max(axis=1), 0)
    low = open_ + np.minimum(path.min(axis=1), 0)
    return np.column_stack([open_, high, low, close]).astype(np.float64)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("stop", "target"), [(1, 1), (1, 5), (2, 3), (3, 1.5), (5, 1)])
def test_gaps_through_levels_pay_the_price_that_was_there(prints, side, stop, target):
    distance = prints[:, 3] * SIGMA
    found = trades(prints, side, stop=stop * distance, target=target * distance)
    assert within_three_errors(net(found) + cost(found))
    assert cost(found).mean() == pytest.approx(2 * FEE_BPS / 1e4, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("stop", "target"), list(product((0.5, 1, 2, 3), (0.5, 1, 2, 3, 5))))
def test_every_pair_of_stop_and_target_averages_minus_its_cost(prints, side, stop, target):
    distance = prints[:, 3] * SIGMA
    found = trades(prints, side, stop=stop * distance, target=target * distance)
    error = net(found).std(ddof=1) / np.sqrt(len(found))
    assert net(found).mean() == pytest.approx(-cost(found).mean(), abs=OF_FORTY * error)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("stop", "target"), [(30, 30), (30, 90), (90, 30), (40, 60)])
def test_levels_met_inside_bars_pay_the_level(ticks, side, stop, target):
    found = trades(ticks, side, stop=float(stop), target=target - 1e-6)  # traded through by the next tick
    assert within_three_errors(net(found) + cost(found))
    reached = found[:, fills.REASON] == ExitReason.TARGET
    assert reached.mean() == pytest.approx(stop / (stop + target), abs=3 * np.sqrt(0.25 / len(found)))


def test_booking_exits_at_the_level_would_fake_a_profit(prints):
    """The trap that the test above would catch: on prints, stop 1 and target 5 booked at the level."""
    distance = prints[:, 3] * SIGMA
    found = trades(prints, 1, stop=distance, target=5 * distance, fee_bps=0.0)
    reached = found[:, fills.REASON] == ExitReason.TARGET
    decided = prints[(found[:, fills.OPENED_AT] // HOUR).astype(int) - 1, 3]
    level = decided * (1 + SIGMA * np.where(reached, 5.0, -1.0))
    entered_inside = (found[:, fills.ENTRY] > decided * (1 - SIGMA)) & (
        found[:, fills.ENTRY] < decided * (1 + 5 * SIGMA)
    )
    faked = (level / found[:, fills.ENTRY] - 1.0)[entered_inside] / SIGMA
    assert faked.mean() > 10 * faked.std(ddof=1) / np.sqrt(len(faked))
