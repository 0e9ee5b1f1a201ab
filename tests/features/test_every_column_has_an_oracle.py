"""No column without a judge: every column of the catalog has an independent oracle, or a reason why there is none.

A test module of this folder says which columns it compares with an independent implementation in `COVERED`, a
collection of names, and which it cannot compare and why in `WITHOUT_ORACLE`, a dict from name to reason.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from alphaplus.features.contract import features
from alphaplus.patterns.contract import KINDS, PIVOTS

MODULES = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))


@pytest.fixture(scope="module")
def judges():
    """Name of a test module -> what it covers and what it gives reasons for."""
    found = {}
    for path in MODULES:
        if not any(name in path.read_text(encoding="utf-8") for name in ("COVERED", "WITHOUT_ORACLE")):
            continue
        spec = spec_from_file_location(f"judge_{path.stem}", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found[path.name] = set(getattr(module, "COVERED", ())), dict(getattr(module, "WITHOUT_ORACLE", {}))
    return found


def shipped() -> set[str]:
    """The columns of the library; those of patterns have judges of their own, and a user's file may be loaded."""
    return {column for column, spec in features if spec.group not in (*KINDS, PIVOTS, "user")}


def test_every_column_is_compared_or_excused(judges):
    judged = {column for covered, reasons in judges.values() for column in covered | set(reasons)}
    assert sorted(shipped() - judged) == []


def test_oracles_and_reasons_name_columns_that_exist(judges):
    known = set(features.names())
    stray = {name: sorted((covered | set(reasons)) - known) for name, (covered, reasons) in judges.items()}
    assert {name: columns for name, columns in stray.items() if columns} == {}


def test_reasons_are_words_for_columns_that_nothing_covers(judges):
    covered = {column for covered, _ in judges.values() for column in covered}
    for _, reasons in judges.values():
        assert covered.isdisjoint(reasons)
        assert all(len(reason.split()) > 3 for reason in reasons.values())
