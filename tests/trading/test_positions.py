"""Positions of a model alone: the rules of the pipeline's plan, without anybody else's vote."""

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Panel, Side
from alphaplus.core.records import Consensus, Decision, Signal
from alphaplus.trading.plan import plan
from alphaplus.trading.positions import model_positions, on_bars

COST = 0.002


def by_plan(p_up, move, horizon):
    """The same positions by the pipeline's own `plan`, one signal a bar."""

    class Account:
        side, position, expires_at = Side.HOLD, 0.0, 0

    account, held = Account(), []
    nobody = Consensus(Panel.ML, None, 0.0, 0.0, 0.0, 0.0, ())
    hour = Timeframe.H1.ms
    for i, (p, m) in enumerate(zip(p_up, move, strict=True)):
        pays = np.isfinite(p) and np.isfinite(m) and m * abs(2 * p - 1) > COST
        side = Side.HOLD if not pays or p == 0.5 else Side.LONG if p > 0.5 else Side.SHORT
        decision = Decision("X", Timeframe.H1, i * hour, nobody, nobody, p, 0.0, side, "")
        signal = Signal("X", Timeframe.H1, i * hour, side, 0.0, 0.0, 1.0, None, None, decision)
        account.position = plan(signal, account, fraction=1.0).position
        account.side = Side.LONG if account.position > 0 else Side.SHORT if account.position < 0 else Side.HOLD
        if side is not Side.HOLD:
            account.expires_at = (i + horizon) * hour
        held.append(account.position)
    return held


@pytest.mark.parametrize("horizon", [1, 3, 24])
def test_positions_are_those_of_the_plan(horizon):
    rng = np.random.default_rng(horizon)
    p_up, move = rng.uniform(0.3, 0.7, 2_000), rng.uniform(0.0, 0.02, 2_000)
    p_up[rng.random(2_000) < 0.1] = np.nan
    move[:14] = np.nan
    found = model_positions(p_up, move, round_trip_cost=COST, horizon=horizon)
    assert found.tolist() == by_plan(p_up, move, horizon)
    assert set(np.unique(found)) == {-1.0, 0.0, 1.0}


def test_a_model_that_does_not_cover_its_costs_takes_no_position():
    found = model_positions(np.full(50, 0.6), np.full(50, 0.009), round_trip_cost=COST, horizon=5)
    assert not found.any()


def test_silence_keeps_a_position_until_it_expires():
    p_up = np.array([0.9, np.nan, np.nan, np.nan, 0.1, np.nan])
    found = model_positions(p_up, np.full(6, 0.1), round_trip_cost=COST, horizon=3)
    assert found.tolist() == [1.0, 1.0, 1.0, 0.0, -1.0, -1.0]


def test_values_land_on_the_bars_that_close_then():
    from alphaplus.market.sources.simulated import simulate

    bars = simulate("N0", bars=50)
    spread = on_bars(
        bars, np.array([bars.close_time[3], bars.close_time[7] + 1, bars.close_time[9]]), np.array([1.0, 2.0, 3.0])
    )
    assert np.flatnonzero(np.isfinite(spread)).tolist() == [3, 9]
    assert spread[[3, 9]].tolist() == [1.0, 3.0]
