"""Swings, gaps and structure breaks have the geometry that the public package smartmoneyconcepts gives them.

The package sees the future, so it is given bars far beyond what is compared, and its peculiarities are left out by
rule: it invents a swing at the first and at the last row; its windows are a bar shorter before a swing than after it,
with equal prices allowed on both sides; of neighbouring swings of one kind it keeps the most extreme; and its levels of
structure are in single precision.
"""

import contextlib
import io

import numpy as np
import pytest
from scans import stretches, swing_places

from alphaplus.patterns.contract import patterns
from alphaplus.patterns.smc.fair_value_gap import LEAST

REACH = 5
BARS = 6_000
SINGLE = 1e-6  # relative


@pytest.fixture(scope="module")
def package():
    """The class of the package, whose import prints thanks."""
    pytest.importorskip("pandas")
    with contextlib.redirect_stdout(io.StringIO()):
        return pytest.importorskip("smartmoneyconcepts").smc


@pytest.fixture(scope="module")
def compared(market, package, columns_of):
    """The longest stretch without a long gap, the same bars for the package, and its swings, ours beside."""
    import pandas as pd

    columns = columns_of(market, ["atr_14"])
    part = max(stretches(market, columns["atr_14"]), key=lambda part: len(part.close))
    bars = market.rows(part.start, part.start + min(BARS, len(part.close)))
    table = {name: bars.column(name) for name in ("open", "high", "low", "close", "volume")}
    theirs = pd.DataFrame(table)
    found = package.swing_highs_lows(theirs, swing_length=REACH)["HighLow"].to_numpy().copy()
    found[[0, -1]] = np.nan  # invented
    ours = {
        1: set(swing_places(table["high"], REACH, highs=True).tolist()),
        -1: set(swing_places(table["low"], REACH, highs=False).tolist()),
    }
    return bars, theirs, found, ours


def values_of(theirs, side):
    return theirs["high"].to_numpy() if side > 0 else -theirs["low"].to_numpy()


def test_their_swings_are_ours(compared):
    _, theirs, found, ours = compared
    count = 0
    for side in (1, -1):
        values = values_of(theirs, side)
        for place in np.flatnonzero(found == side).tolist():
            if place < REACH or place + REACH >= len(values):
                continue
            tied = (values[place + 1 : place + REACH + 1] == values[place]).any()
            if tied or values[place - REACH] > values[place]:
                continue  # their windows
            count += 1
            assert place in ours[side]
    assert count > 300


def test_our_swings_are_theirs_unless_a_neighbour_is_more_extreme(compared):
    _, theirs, found, ours = compared
    kept = np.flatnonzero(~np.isnan(found))
    count = 0
    for side in (1, -1):
        values = values_of(theirs, side)
        for place in sorted(ours[side]):
            if place < kept[1] or place > kept[-2] or place in ours[-side]:
                continue  # beside the swings that they invent, or two swings on one bar, of which they take one
            count += 1
            if found[place] == side:
                continue
            after = int(np.searchsorted(kept, place))
            around = [k for k in (kept[after - 1], kept[min(after, len(kept) - 1)], place) if found[k] == side]
            assert any(values[k] >= values[place] for k in around)
    assert count > 400


def test_gaps_and_their_first_touch_agree(compared, package, detect, columns_of):
    bars, theirs, _, _ = compared
    spec = patterns.get("fair_value_gap")
    gaps = package.fvg(theirs)
    atr = columns_of(bars, ["atr_14"])["atr_14"]
    body = np.sign(theirs["close"] - theirs["open"]).to_numpy()
    row_of = {int(time): row for row, time in enumerate(bars.close_time)}
    expected = {}
    for middle in np.flatnonzero(~np.isnan(gaps["FVG"].to_numpy())[:-1]).tolist():  # the last row knows the next bar
        low, high = gaps["Bottom"][middle], gaps["Top"][middle]
        if high - low >= LEAST * atr[middle + 1]:
            touched = int(gaps["MitigatedIndex"][middle]) or None  # no gap can be touched at row 0
            expected[middle + 1] = (int(gaps["FVG"][middle]), low, high, touched)
    got = {}
    for event in detect(bars, [spec]).iter_rows(named=True):
        known = row_of[event["known_at"]]
        if body[known - 1] != event["direction"]:
            continue  # they ask that the bar between closes in the gap's direction
        touched = None if event["touched_at"] is None else row_of[event["touched_at"]]
        if touched is None and event["outcome"] in {"retired", "expired"}:
            touched = expected.get(known, (None,) * 4)[3]  # they follow gaps for ever
        got[known] = (event["direction"], event["low"], event["high"], touched)
    assert got == expected
    assert len(got) > 200


def test_their_structure_breaks_are_ours(compared, package, detect):
    bars, theirs, found, ours = compared
    swings = package.swing_highs_lows(theirs, swing_length=REACH)
    breaks = package.bos_choch(theirs, swings)
    row_of = {int(time): row for row, time in enumerate(bars.close_time)}
    opens = {int(time): row for row, time in enumerate(bars.open_time)}
    table = detect(bars, [patterns.get("break_of_structure"), patterns.get("change_of_character")])
    got = {
        (opens[event["start"]], event["direction"]): (row_of[event["known_at"]], event["level"], event["pattern"])
        for event in table.iter_rows(named=True)
    }
    first = min(at for at, _, _ in got.values())
    known = {side: np.array(sorted(ours[side])) + REACH for side in (1, -1)}
    count, same = 0, 0
    for place in np.flatnonzero(~np.isnan(breaks["BrokenIndex"].to_numpy())).tolist():
        bos, choch = breaks["BOS"][place], breaks["CHOCH"][place]
        if np.isnan(bos) and np.isnan(choch):
            continue  # overtaken by a later event
        side = int(choch if np.isnan(bos) else bos)
        at = int(breaks["BrokenIndex"][place])
        newest = known[side][known[side] <= at].max(initial=0) - REACH
        if place not in ours[side] or newest != place or np.isnan(found[place]) or at <= first:
            continue  # their windows, or a newer swing was known before the break
        closes = theirs["close"].to_numpy()[place : at + 1]
        if (np.abs(closes - breaks["Level"][place]) <= SINGLE * closes).any():
            continue  # a close at the level, which single precision may take for one beyond
        count += 1
        assert (place, side) in got
        assert got[place, side][0] == at
        assert got[place, side][1] == pytest.approx(breaks["Level"][place], rel=SINGLE)
        same += got[place, side][2] == ("break_of_structure" if np.isnan(choch) else "change_of_character")
    assert count > 100
    assert same > 0.5 * count  # the package names them by the order of four swings, and not by the break before
