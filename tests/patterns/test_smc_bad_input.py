"""Smart money on bars that are no market: nothing is found that is not there, and state and time stay bounded."""

from functools import partial

import numpy as np
import pytest
from conftest import walk
from drawing import frame

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.contract import features
from alphaplus.features.plan import make_plan
from alphaplus.features.sets import MAX_GAP
from alphaplus.patterns.contract import Life, patterns
from alphaplus.patterns.events import chosen_patterns

NAMES = tuple(name for name, spec in patterns if spec.kind == "smc")
SEEN = tuple(column for column, spec in features if spec.group in ("smc", "pivots") and spec.every is None)
EXACT = ("pattern", "direction", "strength", "known_at", "state", "outcome", "ended_at", "touched_at", "mitigated_at")


@pytest.fixture
def found_in(detect):
    """`found_in(bars)`: all events of smart money."""
    return partial(detect, wanted=chosen_patterns(NAMES))


def flat(bars: int, price: float = 100.0) -> BarFrame:
    return frame(*np.full((4, bars), price))


@pytest.mark.parametrize("bars", [1, 5, 13, 14, 15, 20])
def test_few_bars_have_no_events(bars, found_in, columns_of):
    part = walk(bars=bars)
    assert found_in(part).filter(found_in(part)["pattern"] != "fair_value_gap").is_empty()
    assert all(len(values) == bars for values in columns_of(part, SEEN).values())


def test_flat_prices_have_no_events_and_no_structure(found_in, columns_of):
    columns = columns_of(flat(3_000), SEEN)
    assert found_in(flat(3_000)).is_empty()
    assert set(columns["structure_trend"][10:]) == {0.0}
    assert np.isnan(columns["swing_5_high"]).all()
    assert np.isnan(columns["premium_discount"]).all()


def test_thousands_of_equal_highs_are_one_pool_at_a_time(found_in):
    """A saw between two prices: every tooth is a swing at the same level, and the levels are never passed."""
    teeth = np.tile(np.concatenate([np.arange(8.0), np.arange(8.0, 0.0, -1.0)]), 1_500)
    close = 100.0 + teeth
    open_ = np.concatenate([close[:1], close[:-1]])
    bars = frame(open_, np.maximum(open_, close), np.minimum(open_, close), close)
    table = found_in(bars)
    assert table.filter(pattern="liquidity_sweep").is_empty()
    assert table.filter(pattern="break_of_structure").is_empty()
    assert table.filter(pattern="change_of_character").is_empty()
    pools = table.filter(pattern="liquidity_pool")
    for direction in (1, -1):
        of_one = pools.filter(direction=direction)
        assert 20 < len(of_one) < len(bars) / 400  # one after the other has had its 500 bars
        assert set(of_one["strength"]) == {1.0}
        ended = of_one["ended_at"].to_list()
        assert all(a is not None and a <= b for a, b in zip(ended[:-1], of_one["known_at"].to_list()[1:], strict=True))


@pytest.mark.parametrize(("column", "price", "direction"), [("high", 1e7, -1), ("low", 1e-3, 1)])
def test_a_spike_is_a_sweep_and_leaves_all_numbers_finite(column, price, direction, found_in, columns_of):
    """While it is among the average true ranges everything that is measured in them is rarer: gaps, and new pools."""
    bars = walk(bars=3_000)
    columns = {name: bars.column(name).copy() for name in ("open", "high", "low", "close")}
    columns[column][1_500] = price
    spiked = frame(*columns.values())
    table = found_in(spiked)
    at = table.filter((table["known_at"] == spiked.close_time[1_500]) & (table["pattern"] == "liquidity_sweep"))
    assert at["direction"].to_list() == [direction]
    for name, values in columns_of(spiked, SEEN).items():
        assert not np.isinf(values).any(), name
    assert ((table["strength"] > 0.0) & (table["strength"] <= 1.0)).all()
    usual = found_in(bars)
    late = spiked.close_time[2_500]
    assert len(table.filter(table["known_at"] > late)) == pytest.approx(
        len(usual.filter(usual["known_at"] > late)), rel=0.1
    )


@pytest.mark.parametrize("missing", [1, MAX_GAP])
def test_a_short_gap_is_passed_over(missing, found_in):
    bars = walk(bars=2_000)
    late = bars.table.with_columns(open_time=bars.open_time + np.where(np.arange(2_000) < 999, 0, missing * 3_600_000))
    gapped = BarFrame(bars.instrument, bars.timeframe, late)
    same = ("pattern", "direction", "strength", "low", "high", "level", "state", "outcome")
    assert found_in(gapped).select(same).equals(found_in(bars).select(same))


def test_a_long_gap_ends_what_is_alive(found_in):
    bars = walk(bars=2_000)
    gap = (MAX_GAP + 1) * 3_600_000
    late = bars.table.with_columns(open_time=bars.open_time + np.where(np.arange(2_000) < 999, 0, gap))
    table = found_in(BarFrame(bars.instrument, bars.timeframe, late))
    cut = int(bars.close_time[998])
    before = table.filter(table["known_at"] <= cut)
    after = int(bars.close_time[999]) + gap
    assert (before["ended_at"] <= after).all()
    zones = [name for name in NAMES if patterns.get(name).life is Life.ZONE]
    interrupted = before.filter(before["pattern"].is_in(zones) & (before["outcome"] == "interrupted"))
    assert len(interrupted) >= 3
    assert (interrupted["ended_at"] == after).all()


@pytest.mark.parametrize("power", [-34, 27])
def test_prices_of_any_size_have_the_same_events(power, found_in):
    """Powers of two scale every number without rounding, so not a bit may differ: prices of 1e-8 and 4e10."""
    bars = walk(bars=4_000)
    scaled = frame(*(bars.column(name) * 2.0**power for name in ("open", "high", "low", "close")))
    ours, theirs = found_in(bars), found_in(scaled)
    assert len(ours) > 500
    assert ours.select(EXACT).equals(theirs.select(EXACT))
    for column in ("low", "high", "level", "target", "stop"):
        assert (ours[column] * 2.0**power).equals(theirs[column]), column


def test_the_state_is_bounded_and_small():
    plan = make_plan(SEEN, timeframe=Timeframe.H1, max_gap=MAX_GAP)
    assert np.zeros(plan.size).nbytes < 16 * 1024


def test_upside_down_all_is_mirrored(found_in):
    """But for the bar on which highs and lows both make a pool, where that of the highs is told of."""
    bars = walk(bars=6_000)
    top = 1_000.0
    open_, high, low, close = (top - bars.column(name) for name in ("open", "low", "high", "close"))
    ours, theirs = found_in(bars), found_in(frame(open_, high, low, close))
    keys = ("pattern", "known_at", "direction")
    turned = theirs.with_columns(-theirs["direction"])
    apart = ours.join(turned, on=keys, how="anti").height + turned.join(ours, on=keys, how="anti").height
    assert apart <= 0.002 * len(ours)
