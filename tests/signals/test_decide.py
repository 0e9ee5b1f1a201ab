"""From panels to a signal: costs, levels, expiry."""

from math import nan, pi, sqrt

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.config import Fusion
from alphaplus.core.enums import Panel, Side
from alphaplus.core.records import Consensus, Contribution
from alphaplus.signals.decide import Terms, decide, move_of_range
from alphaplus.signals.view import MarketView

TERMS = Terms(round_trip_cost=0.002, horizon=16, stop_ranges=2.0, target_ranges=3.0)


def signal(p, *, atr=2.0, terms=TERMS, contributions=()):
    view = MarketView(Instrument("X"), Timeframe.H1, 3_600_000, 100.0, {"atr_14": 0}, [atr])
    ml = Consensus(Panel.ML, None, 0.0, 0.0, 0.0, 0.0, (), "no version serves")
    rules = Consensus(Panel.RULES, p, 0.4, 1.0, 1.0, 0.0, (), "" if p is not None else "quiet")
    return decide(view, ml, rules, fusion=Fusion(), terms=terms, contributions=contributions)


def test_levels_lie_in_average_true_ranges_from_the_close():
    long, short = signal(0.6), signal(0.4)
    assert (long.side, long.entry, long.stop, long.target) == (Side.LONG, 100.0, 96.0, 106.0)
    assert (short.side, short.entry, short.stop, short.target) == (Side.SHORT, 100.0, 104.0, 94.0)
    assert long.expires_at == 3_600_000 * 17
    assert long.strength == pytest.approx(0.2)
    assert long.confidence == long.decision.confidence == 0.4


def test_an_edge_that_does_not_pay_its_costs_is_held():
    # half the range times sqrt(16) is 4 %, so costs of 0.2 % need |2p - 1| above 0.05
    assert signal(0.524).side is Side.HOLD
    assert "does not cover costs of 0.200 %" in signal(0.524).decision.reason
    assert signal(0.526).side is Side.LONG
    assert signal(0.474).side is Side.SHORT


def test_a_hold_has_no_levels_and_a_reason():
    held = signal(None)
    assert held.side is Side.HOLD
    assert (held.stop, held.target, held.expires_at, held.strength) == (None, None, None, 0.0)
    assert held.decision.reason == "ml abstains: no version serves; rules abstain: quiet"


@pytest.mark.parametrize("atr", [nan, 0.0])
def test_without_a_range_there_is_no_side(atr):
    held = signal(0.9, atr=atr)
    assert held.side is Side.HOLD
    assert "expected move is unknown or zero" in held.decision.reason


def test_one_half_has_no_side():
    assert signal(0.5).side is Side.HOLD


def test_a_stop_below_zero_is_no_stop():
    wide = signal(0.6, atr=60.0)
    assert wide.stop is None
    assert wide.target == 280.0


def test_contributions_travel_with_the_signal():
    item = Contribution("rsi_14", 70.0, 0.3)
    assert signal(0.6, contributions=(item,)).contributions == (item,)


def test_the_expected_move_is_that_of_a_driftless_walk():
    """Half the mean range times sqrt(H) against the mean absolute move of fine simulated walks."""
    rng = np.random.default_rng(2)
    bars, steps, horizon = 4_000, 400, 16
    path = np.cumsum(rng.normal(0, 1 / sqrt(steps), bars * steps)).reshape(bars, steps)
    before = np.concatenate(([0.0], path[:-1, -1]))
    ranges = np.maximum(path.max(axis=1), before) - np.minimum(path.min(axis=1), before)
    assert ranges.mean() == pytest.approx(sqrt(8 / pi), rel=0.05)
    expected = move_of_range(float(ranges.mean()), 1.0, horizon=horizon)
    assert expected == pytest.approx(sqrt(horizon) * sqrt(2 / pi), rel=0.05)
