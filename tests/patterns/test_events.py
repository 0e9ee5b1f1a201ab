"""The table of events: what each birth is told with, whatever its pattern."""

import numpy as np

from alphaplus.core.enums import Trend
from alphaplus.features.compute import compute_features
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.events import SCHEMA, chosen_patterns, detect

BARS = simulate("N0", bars=6_000, seed=3)


def test_the_regime_of_an_event_is_that_of_the_bar_with_which_it_became_known():
    events = detect(BARS, chosen_patterns(["fair_value_gap"]))
    codes = compute_features(BARS, ["regime"]).column("regime")
    at = np.searchsorted(BARS.close_time, events["known_at"].to_numpy())
    expected = [None if np.isnan(code) else list(Trend)[int(code)].value for code in codes[at]]
    assert events["regime"].to_list() == expected
    assert len(set(expected)) >= 3


def test_events_have_the_columns_of_the_schema_in_the_order_in_which_they_became_known():
    events = detect(BARS, chosen_patterns(["double_top", "cdlengulfing", "order_block", "liquidity_sweep"]))
    assert dict(events.schema) == SCHEMA
    assert events["known_at"].is_sorted()


def test_events_since_a_bar_are_those_of_the_whole_from_there_on():
    wanted = chosen_patterns(["double_top", "double_bottom", "rising_wedge"])
    whole, later = detect(BARS, wanted), detect(BARS, wanted, since=3_000)
    assert 0 < len(later) < len(whole)
    assert later.equals(whole.filter(whole["known_at"] >= int(BARS.close_time[3_000])))
