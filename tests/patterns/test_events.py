"""The table of events: what each birth is told with, whatever its pattern."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.enums import Trend
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import MAX_GAP
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.births import births_of, needed_columns
from alphaplus.patterns.contract import patterns
from alphaplus.patterns.events import BORN, SCHEMA, chosen_patterns, detect_as_born, event_sets
from alphaplus.patterns.follow import NEVER, follow

BARS = simulate("N0", bars=6_000, seed=3)


def test_the_regime_of_an_event_is_that_of_the_bar_with_which_it_became_known(detect):
    events = detect(BARS, chosen_patterns(["fair_value_gap"]))
    codes = compute_features(BARS, ["regime"]).column("regime")
    at = np.searchsorted(BARS.close_time, events["known_at"].to_numpy())
    expected = [None if np.isnan(code) else list(Trend)[int(code)].value for code in codes[at]]
    assert events["regime"].to_list() == expected
    assert len(set(expected)) >= 3


def test_events_have_the_columns_of_the_schema_in_the_order_in_which_they_became_known(detect):
    events = detect(BARS, chosen_patterns(["double_top", "cdlengulfing", "order_block", "liquidity_sweep"]))
    assert dict(events.schema) == SCHEMA
    assert events["known_at"].is_sorted()


def test_events_since_a_bar_are_those_of_the_whole_from_there_on(detect):
    wanted = chosen_patterns(["double_top", "double_bottom", "rising_wedge"])
    whole, later = detect(BARS, wanted), detect(BARS, wanted, since=3_000)
    assert 0 < len(later) < len(whole)
    assert later.equals(whole.filter(whole["known_at"] >= int(BARS.close_time[3_000])))


def test_what_was_told_at_a_birth_is_not_changed_by_the_breakout(detect, compiled):
    wanted = chosen_patterns(["double_top", "double_bottom", "ascending_channel"])
    whole = detect_as_born(BARS, wanted, cache_folder=compiled)
    assert whole.events.equals(detect(BARS, wanted))
    assert tuple(whole.born.columns) == BORN
    assert whole.born["known_at"].equals(whole.events["known_at"])
    moved = (whole.events["target"] != whole.born["target"]).fill_null(value=False)
    assert moved.sum() > 5, "the lines of a channel have moved on by then"
    assert whole.events.filter(moved)["broke_at"].null_count() == 0
    for cut in (1_500, 2_718, 4_444):
        part = detect_as_born(BARS.rows(0, cut), wanted, cache_folder=compiled)
        assert part.born.equals(whole.born[: len(part.born)])


LIVES = {  # a pattern of every life, and how its events end here
    "double_top": {"target", "stop", "failed", "expired"},
    "fair_value_gap": {"filled", "retired", "interrupted"},
    "order_block": {"broken", "retired", "interrupted"},
    "change_of_character": {"target", "stop", "expired", "interrupted"},
    "cdlengulfing": {"target", "stop", "interrupted"},
}
GAPS = (700, 1_500, 2_300, 2_900, 3_600, 4_400, 5_200)


@pytest.fixture(scope="module")
def gapped(columns_of):
    """Bars with gaps, short and too long, and the columns that events are made of."""
    times = BARS.open_time.copy()
    for count, row in enumerate(GAPS):
        times[row:] += Timeframe.H1.ms * (MAX_GAP + 2 if count % 3 else 3)
    bars = BarFrame(BARS.instrument, BARS.timeframe, BARS.table.with_columns(open_time=pl.Series(times)))
    return bars, columns_of(bars, dict.fromkeys(c for name in LIVES for c in needed_columns(patterns.get(name))))


@pytest.mark.parametrize("name", LIVES)
def test_what_became_of_events_is_told_by_the_bars_up_to_then(gapped, name):
    bars, columns = gapped
    spec = patterns.get(name)

    def events(count):
        part = bars.rows(0, count)
        births = births_of(spec, {name: values[:count] for name, values in columns.items()}, part)
        return births, follow(spec, births, part, max_gap=MAX_GAP)

    births, whole = events(len(bars))
    assert {*whole.outcome} - {None} >= LIVES[name]
    gaps = [row + more for row in GAPS for more in (0, 1)]
    for cut in [*gaps, *np.random.default_rng(4).integers(300, len(bars), 60).tolist()]:
        born, then = events(cut)
        count = len(born.row)
        assert np.array_equal(born.row, births.row[births.row < cut])
        assert np.array_equal(born.start, births.start[:count])
        ends = whole.ended[:count]
        over = (ends != NEVER) & (ends < cut)
        assert np.array_equal(then.ended, np.where(over, ends, NEVER))
        for part in ("broke", "touched", "mitigated", "entered"):
            known = getattr(whole, part)[:count]
            assert np.array_equal(getattr(then, part), np.where(known < cut, known, NEVER)), (part, cut)
        assert [then.outcome[i] for i in np.flatnonzero(over)] == [whole.outcome[i] for i in np.flatnonzero(over)]
        assert all(then.outcome[i] is None for i in np.flatnonzero(~over))
        for part in ("target", "stop", "result"):
            assert np.array_equal(getattr(then, part)[over], getattr(whole, part)[:count][over], equal_nan=True)


def test_whoever_looks_for_some_patterns_shares_the_code_of_all():
    everything = event_sets(chosen_patterns())
    assert [one.name for one in everything] == ["candlesticks", "patterns"]
    assert (
        event_sets(chosen_patterns(["double_top"])) == event_sets(chosen_patterns(["figures", "smc"])) == everything[1:]
    )
    assert event_sets(chosen_patterns(["cdlengulfing"])) == everything[:1]
    own = replace(patterns.get("double_top"), shipped=False)
    assert [one.name for one in event_sets([own])] == ["own patterns"], "its code is compiled by itself"
