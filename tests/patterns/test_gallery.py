"""Every hand-drawn case holds: the pattern is born where the drawing says, and nowhere else."""

import pytest
from gallery import CASES

from alphaplus.patterns.contract import patterns
from alphaplus.patterns.events import chosen_patterns


@pytest.fixture(scope="module")
def found(detect):
    """Events of the drawings by pattern, found with one set so that it compiles once."""
    named = chosen_patterns(sorted({case.pattern for case in CASES}))
    tables = {}

    def events(case):
        key = id(case.bars)
        if key not in tables:
            tables[key] = detect(case.bars, named)
        return tables[key].filter(pattern=case.pattern)

    return events


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.pattern}: {case.title}")
def test_a_drawing_gives_the_events_it_was_drawn_for(case, found):
    events = found(case)
    closes = case.bars.close_time.tolist()
    born = [(row["direction"], closes.index(row["known_at"])) for row in events.iter_rows(named=True)]
    assert born == list(case.born)
    for name, value in case.extra:
        assert events[name][0] == pytest.approx(value, rel=1e-3), name


KINDS_OF_CASES = {"positive", "near miss", "mirrored"}


def test_cases_are_of_known_kinds():
    assert {case.kind for case in CASES} == KINDS_OF_CASES
    assert {case.pattern for case in CASES} <= set(patterns.names())
