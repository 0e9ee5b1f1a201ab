"""Positions of a model alone: the rules of the pipeline's plan, without anybody else's vote."""

from types import SimpleNamespace

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Panel, Side
from alphaplus.core.records import Consensus, Decision, Signal
from alphaplus.features.sets import feature_set
from alphaplus.trading.costs import Costs
from alphaplus.trading.plan import plan
from alphaplus.trading.positions import model_positions, on_bars, positions_of

COST = 0.002


def positions(p_up, move, *, horizon, as_of=None):
    as_of = Timeframe.H1.ms * np.arange(len(p_up)) if as_of is None else as_of
    return model_positions(p_up, move, as_of=as_of, timeframe=Timeframe.H1, round_trip_cost=COST, horizon=horizon)


def by_plan(p_up, move, horizon, as_of):
    """The same positions by the pipeline's own `plan`, one signal a bar."""

    class Account:
        side, position, expires_at = Side.HOLD, 0.0, 0

    account, held = Account(), []
    nobody = Consensus(Panel.ML, None, 0.0, 0.0, 0.0, 0.0, ())
    hour = Timeframe.H1.ms
    for p, m, now in zip(p_up, move, as_of.tolist(), strict=True):
        pays = np.isfinite(p) and np.isfinite(m) and m * abs(2 * p - 1) > COST
        side = Side.HOLD if not pays or p == 0.5 else Side.LONG if p > 0.5 else Side.SHORT
        decision = Decision("X", Timeframe.H1, now, nobody, nobody, p, 0.0, side, "")
        signal = Signal("X", Timeframe.H1, now, side, 0.0, 0.0, 1.0, None, None, decision)
        account.position = plan(signal, account, fraction=1.0).position
        account.side = Side.LONG if account.position > 0 else Side.SHORT if account.position < 0 else Side.HOLD
        if side is not Side.HOLD:
            account.expires_at = now + horizon * hour
        held.append(account.position)
    return held


@pytest.mark.parametrize("gaps", [0.0, 0.2], ids=["whole", "with gaps"])
@pytest.mark.parametrize("horizon", [1, 3, 24])
def test_positions_are_those_of_the_plan(horizon, gaps):
    rng = np.random.default_rng(horizon)
    p_up, move = rng.uniform(0.3, 0.7, 2_000), rng.uniform(0.0, 0.02, 2_000)
    p_up[rng.random(2_000) < 0.1] = np.nan
    move[:14] = np.nan
    p_up[np.arange(2_000) // 40 % 2 == 1] = np.nan  # long enough for positions to expire
    missing = np.where(rng.random(2_000) < gaps, rng.integers(1, 60, 2_000), 0)
    as_of = Timeframe.H1.ms * (np.arange(2_000) + np.cumsum(missing))
    found = positions(p_up, move, horizon=horizon, as_of=as_of)
    assert found.tolist() == by_plan(p_up, move, horizon, as_of)
    assert set(np.unique(found)) == {-1.0, 0.0, 1.0}


def test_a_model_that_does_not_cover_its_costs_takes_no_position():
    found = positions(np.full(50, 0.6), np.full(50, 0.009), horizon=5)
    assert not found.any()


def test_silence_keeps_a_position_until_it_expires():
    p_up = np.array([0.9, np.nan, np.nan, np.nan, 0.1, np.nan])
    found = positions(p_up, np.full(6, 0.1), horizon=3)
    assert found.tolist() == [1.0, 1.0, 1.0, 0.0, -1.0, -1.0]


def test_a_position_expires_by_the_clock_and_not_by_the_bars_there_are():
    p_up = np.array([0.9, np.nan, np.nan, np.nan])
    as_of = Timeframe.H1.ms * np.array([0, 1, 5, 6])  # three hours are missing
    assert positions(p_up, np.full(4, 0.1), horizon=3, as_of=as_of).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_what_the_model_learned_from_opens_no_position(markets):
    bars = markets.walk(200, seed=1)

    class Learned:
        """Sure of itself on what it learned from, silent afterwards."""

        spec = SimpleNamespace(features=feature_set("lean"))
        horizon, trained_to = 24, int(bars.close_time[149])

        def p_up(self, features):
            return np.where(features.close_time <= self.trained_to, 0.99, np.nan)

    unseen, wanted = positions_of(Learned(), bars, costs=Costs(1.0, 0.0))
    assert unseen.open_time[0] == bars.open_time[150]
    assert len(wanted) == 50
    assert not wanted.any()


def test_values_land_on_the_bars_that_close_then():
    from alphaplus.market.sources.simulated import simulate

    bars = simulate("N0", bars=50)
    spread = on_bars(
        bars, np.array([bars.close_time[3], bars.close_time[7] + 1, bars.close_time[9]]), np.array([1.0, 2.0, 3.0])
    )
    assert np.flatnonzero(np.isfinite(spread)).tolist() == [3, 9]
    assert spread[[3, 9]].tolist() == [1.0, 3.0]
