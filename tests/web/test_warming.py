"""Sets are compiled by a process of their own, for the home that pages work on, and what goes wrong is told."""

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.features.compiler import still_to_compile
from alphaplus.web.queries import indicators
from alphaplus.web.warming import warm_apart


def lacking(chosen, timeframe, folder):
    return still_to_compile(chosen.columns, chosen.max_gap, timeframe, folder)


def test_what_was_compiled_apart_is_found_here(home, installation):
    """Of timeframes that no other test of pages has: what this process has compiled itself lacks nothing either."""
    chosen = indicators.drawn()
    assert lacking(chosen, Timeframe.H12, installation.cache_folder) is not None
    warm_apart([chosen.name], Timeframe.H12, home)
    assert lacking(chosen, Timeframe.H12, installation.cache_folder) is None
    assert lacking(chosen, Timeframe.H2, installation.cache_folder) is not None


def test_a_failure_says_what_the_process_said(home):
    with pytest.raises(ConfigError, match="nosuch") as raised:
        warm_apart(["nosuch"], Timeframe.H1, home)
    assert "alphaplus warmup --sets nosuch" in raised.value.hint
