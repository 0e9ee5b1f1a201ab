"""Turning points are those that a plain scan of the definition finds, each on the bar on which it could be known."""

import numpy as np
import pytest
from scans import stretches, swing_places, turns_of

KEPT = 8
SCALES = {"fine": 1.5, "medium": 3.0, "coarse": 6.0}
SWINGS = [
    f"swing_{reach}_{end}{part}" for reach in (5, 20) for end in ("high", "low") for part in ("", "_age", "_born")
]
ZIGZAGS = [
    f"zigzag_{scale}_{part}"
    for scale in SCALES
    for part in ("turn", "leg", *(f"{what}_{i}" for i in range(1, KEPT + 1) for what in ("price", "bars")))
]


@pytest.fixture(scope="module")
def found(market, columns_of):
    """Columns of the pivots, and the stretches of the market."""
    columns = columns_of(market, [*SWINGS, *ZIGZAGS, "atr_14"])
    return columns, stretches(market, columns["atr_14"])


@pytest.mark.parametrize("reach", [5, 20])
@pytest.mark.parametrize("end", ["high", "low"])
def test_swings_are_known_with_the_last_bar_that_confirms_them(found, reach, end):
    columns, parts = found
    count = 0
    for part in parts:
        n = len(part.close)
        prices = getattr(part, end)
        places = swing_places(prices, reach, highs=end == "high")
        count += len(places)
        newest = np.full(n, -1)
        newest[places + reach] = places
        newest = np.maximum.accumulate(newest)
        seen = newest >= 0
        expected = {
            "": np.where(seen, prices[newest], np.nan),
            "_age": np.where(seen, np.arange(n) - newest, np.nan),
            "_born": np.where(np.arange(n) >= 2 * reach, 0.0, np.nan),
        }
        expected["_born"][places + reach] = 1.0
        for suffix, values in expected.items():
            got = columns[f"swing_{reach}_{end}{suffix}"][part.start : part.start + n]
            np.testing.assert_array_equal(got, values)
    assert count > 100


@pytest.mark.parametrize("scale", SCALES)
def test_turning_points_are_those_of_a_scan_on_every_bar(found, scale):
    columns, parts = found
    count = 0
    for part in parts:
        turns = turns_of(part, SCALES[scale])
        count += len(turns)
        n = len(part.close)
        expected = np.full((n, 1 + 2 * KEPT), np.nan)
        expected[np.isfinite(part.atr), 0] = 0.0
        for number, turn in enumerate(turns):
            expected[turn.known, 0] = turn.way
            stop = turns[number + 1].known if number + 1 < len(turns) else n
            for k, older in enumerate(reversed(turns[max(0, number + 1 - KEPT) : number + 1])):
                expected[turn.known : stop, 1 + 2 * k] = older.price
                expected[turn.known : stop, 2 + 2 * k] = np.arange(turn.known, stop) - older.at
        names = ["turn", *(f"{what}_{i}" for i in range(1, KEPT + 1) for what in ("price", "bars"))]
        got = np.column_stack([columns[f"zigzag_{scale}_{name}"][part.start : part.start + n] for name in names])
        np.testing.assert_array_equal(got, expected)
    assert count > 60


@pytest.mark.parametrize("scale", SCALES)
def test_turning_points_alternate_and_are_the_extremes_up_to_the_next_one(found, scale):
    _, parts = found
    for part in parts:
        turns = turns_of(part, SCALES[scale])
        for before, turn, after in zip(turns, turns[1:], turns[2:], strict=False):
            assert before.way == -turn.way == after.way
            assert before.at < turn.at < after.at
            assert before.known < turn.known < after.known
            values = part.high if turn.way > 0 else -part.low
            assert values[turn.at] == values[before.at + 1 : turn.known + 1].max()


def test_a_coarser_scale_turns_less_often(found):
    columns, _ = found
    counts = [np.nansum(np.abs(columns[f"zigzag_{scale}_turn"])) for scale in SCALES]
    assert counts[0] > 1.5 * counts[1] > 2.25 * counts[2] > 0
