"""The pattern that M4 plants is found on every bar where it is, and nowhere else (methodology 7)."""

import numpy as np
import pytest
import talib
from drawing import frame

from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet
from alphaplus.market.sources.planted.m4 import FOLLOWS
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.contract import patterns
from alphaplus.patterns.events import detect

ENGULFING = patterns.get("cdlengulfing")
FIRST = 2  # TA-Lib tells of an engulfing from the third bar on, though two make it


def planted(bars):
    """The direction of the engulfing bar that the market planted, 0 where it planted none."""
    return np.sign(bars.bayes - 0.5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_column_is_the_planted_pattern_on_every_bar(seed):
    bars = simulate("M4", seed=seed)
    column = compute_features(bars, FeatureSet("engulfing", ("cdlengulfing",))).column("cdlengulfing")
    assert np.isnan(column[:FIRST]).all()
    np.testing.assert_array_equal(np.sign(column[FIRST:]), planted(bars)[FIRST:])
    assert set(np.unique(column[FIRST:])) == {
        -80.0,
        0.0,
        80.0,
    }  # it opens where the bar before closed: an edge is equal


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_its_events_are_there_and_nowhere_else_and_show_the_edge(seed):
    bars = simulate("M4", seed=seed)
    events, places = detect(bars, [ENGULFING]), FIRST + np.flatnonzero(planted(bars)[FIRST:])
    np.testing.assert_array_equal(events["known_at"].to_numpy(), bars.close_time[places])
    np.testing.assert_array_equal(events["direction"].to_numpy(), planted(bars)[places])
    ended = events.filter(state="ended").filter(events.filter(state="ended")["outcome"].is_in(["target", "stop"]))
    won = (ended["outcome"] == "target").to_numpy()
    assert len(won) > 9_000
    follows = np.sign(bars.column("close") - bars.column("open"))[1:]
    on = places[places < len(bars) - 1]
    assert (follows[on] == planted(bars)[on]).mean() == pytest.approx(FOLLOWS, abs=3.5 * np.sqrt(0.25 / len(on)))
    assert won.mean() > 0.51  # two average ranges away, a bar that follows with 0.65 moves the odds by about 0.03


def test_without_the_plant_the_same_events_show_none():
    events = detect(simulate("N0", seed=1), [ENGULFING])
    decided = events.filter(events["outcome"].is_in(["target", "stop"]))
    assert (decided["outcome"] == "target").mean() == pytest.approx(0.49, abs=0.02)  # of both in one bar, the stop


BEFORE = [(100.0, 101.0, 99.5, 100.5), (101.0, 101.5, 99.5, 100.0)]  # the second falls, from 101 to 100


@pytest.mark.parametrize(
    ("open_", "close", "ours", "talibs"),
    [
        (100.0, 101.5, 1, 80),  # opens at the close before: what M4 plants
        (99.5, 101.5, 1, 100),  # covers both ends
        (99.5, 101.0, 0, 80),  # closes at the open before: a tie that M4 leaves out
        (100.0, 101.0, 0, 0),  # the same body the other way
        (100.5, 101.5, 0, 0),  # opens within the body
    ],
)
def test_how_the_rule_and_talib_treat_ties(open_, close, ours, talibs):
    bars = frame(*np.array([*BEFORE, (open_, 102.0, 99.0, close)]).T)
    arrays = [bars.column(name) for name in ("open", "high", "low", "close")]
    assert talib.CDLENGULFING(*arrays)[-1] == talibs
    assert ours == int(open_ <= BEFORE[-1][3] and close > BEFORE[-1][0])


def test_a_bar_that_closes_where_it_opened_is_white_to_talib():
    bars = frame(*np.array([BEFORE[0], (100.0, 101.0, 99.0, 100.0), (100.5, 102.0, 98.0, 99.0)]).T)
    assert talib.CDLENGULFING(*(bars.column(name) for name in ("open", "high", "low", "close")))[-1] == -100
