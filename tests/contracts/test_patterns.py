"""Every registered pattern keeps its contract: the columns that everyone sees, and those that only events read."""

import numpy as np
import pytest

from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet
from alphaplus.patterns.contract import EVENT, KINDS, PIVOTS, Life, patterns

COLUMNS = tuple(column for column, spec in features if spec.group in (*KINDS, PIVOTS))
CHECKS = (
    *("stream", "restore", "prefix", "poison", "repeat", "repaint", "clock", "canary", "alien"),
    *("warmup", "memory", "infinity", "restart", "short gap"),
)


@pytest.fixture(scope="module")
def faults(judged):
    """The verdict of a check on all columns."""
    return judged(COLUMNS)


@pytest.mark.parametrize("check", CHECKS)
def test_no_column_breaks_a_promise(faults, check):
    assert {column: str(fault) for column, fault in faults(check).items()} == {}


@pytest.fixture(scope="module")
def values(bars, compiled):
    """All columns by name."""
    everything = FeatureSet("every column", COLUMNS)
    engine = FeatureEngine(everything, bars.instrument, bars.timeframe, cache_folder=compiled)
    return dict(zip(COLUMNS, engine.compute(bars.matrix(engine.inputs)).T, strict=True))


@pytest.mark.parametrize("name", [name for name, spec in patterns if not spec.bars])
def test_what_is_seen_and_what_is_told_fit_together(values, name):
    spec = patterns.get(name)
    direction, strength, low, high, age = (values[column] for column in spec.columns)
    told = dict(zip(EVENT, (values[f"{name}_{part}"] for part in EVENT), strict=True))
    known = ~np.isnan(direction)
    assert set(np.unique(direction[known])) <= {-1.0, 0.0, 1.0}
    assert ((strength[known] >= 0.0) & (strength[known] <= 1.0)).all()
    alive = ~np.isnan(age)
    assert (strength[alive] > 0.0).all()
    assert (strength[known & ~alive] == 0.0).all()
    assert (low[alive] <= high[alive]).all()
    assert np.isnan(low[~alive]).all()
    assert (age[alive] >= 0.0).all()
    born = known & (told["born"] != 0.0)
    assert set(np.unique(told["born"][known])) <= {-1.0, 0.0, 1.0, 2.0}
    assert (told["bottom"][born] <= told["top"][born]).all()
    assert ((told["grade"][born] > 0.0) & (told["grade"][born] <= 1.0)).all()
    assert np.isnan(told["grade"][~born]).all()
    way = told["born"][born]
    if spec.life is not Life.ZONE:
        decided = way != 2.0
        assert (way[decided] * (told["target"][born] - told["stop"][born])[decided] > 0.0).all()
    for i in range(1, spec.points + 1):
        ago = values[f"{name}_bars_{i}"]
        assert np.isnan(ago[~born]).all()
        assert np.nanmin(ago[born], initial=0.0) >= 0.0


@pytest.mark.parametrize("name", patterns.names())
def test_the_declaration_says_what_it_must(name):
    spec = patterns.get(name)
    assert spec.description.endswith(".")
    assert spec.reference
    assert spec.horizon >= 1
    assert spec.kind in KINDS
