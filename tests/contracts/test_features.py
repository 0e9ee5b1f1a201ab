"""Every registered feature keeps its contract: one set holds them all, each column is judged by itself."""

import pytest

from alphaplus.features.contract import features
from alphaplus.patterns.contract import KINDS, PIVOTS

COLUMNS = tuple(column for column, spec in features if spec.group not in (*KINDS, PIVOTS))  # see test_patterns.py


@pytest.fixture(scope="module")
def faults(judged):
    """The verdict of a check on all columns."""
    return judged(COLUMNS)


@pytest.mark.parametrize("column", COLUMNS)
def test_live_bars_and_chunks_give_the_bits_of_history(faults, column):
    assert column not in faults("stream"), faults("stream")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_restored_engine_continues_with_the_same_bits(faults, column):
    assert column not in faults("restore"), faults("restore")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_prefix_of_the_bars_gives_the_prefix_of_the_values(faults, column):
    assert column not in faults("prefix"), faults("prefix")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_poisoned_future_changes_nothing_in_the_past(faults, column):
    assert column not in faults("poison"), faults("poison")[column]


@pytest.mark.parametrize("check", ["repeat", "repaint", "clock", "canary", "alien"])
def test_no_column_is_accused_by_the_further_checks(faults, check):
    """Those that `alphaplus features check` makes beside the contract's own."""
    assert faults(check) == {}


@pytest.mark.parametrize("column", COLUMNS)
def test_the_first_value_comes_at_the_declared_bar(faults, column):
    assert column not in faults("warmup"), faults("warmup")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_the_start_is_forgotten_after_the_declared_memory(faults, column):
    assert column not in faults("memory"), faults("memory")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_value_is_infinite(faults, column):
    assert column not in faults("infinity"), faults("infinity")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_long_gap_begins_anew(faults, column):
    assert column not in faults("restart"), faults("restart")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_short_gap_is_passed_over(faults, column):
    assert column not in faults("short gap"), faults("short gap")[column]


@pytest.mark.parametrize("column", COLUMNS)
def test_the_declaration_says_what_it_must(column):
    spec = features.get(column)
    assert spec.description.endswith(".")
    assert spec.reference
    assert spec.units[column]
    assert spec.group
