"""Nothing that a fold fits has seen its test (methodology 2): for every family and every way to split."""

from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.enums import InputKind, Task
from alphaplus.core.errors import ConfigError
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets.select import Rules, Selection
from alphaplus.datasets.splits import CombinatorialPurged, PurgedKFold, WalkForward
from alphaplus.models.conformal import conform
from alphaplus.models.family import families, get_family
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import fit_calibrated, validate

WAYS = {
    "walk_forward": WalkForward(20, 4),
    "rolling": WalkForward(20, 4, expanding=False),
    "kfold": PurgedKFold(3),
    "combinatorial": CombinatorialPurged(4, 2),
}
TABLES = [
    name for name in families() if get_family(name).input is InputKind.TABLE and Task.BINARY in get_family(name).tasks
]
SIZES = ("rounds", "iterations", "trees")


def spec_of(dataset, family):
    """The family at a size that fits in no time."""
    known = get_family(family).Params.model_fields
    return ModelSpec.of(dataset, family=family, params={name: 10 for name in SIZES if name in known})


def state(dataset, fold, family):
    """Hash of everything that a fold fits: the model itself, its calibration, its prediction sets."""
    fitted = fit_calibrated(spec_of(dataset, family), dataset, fold.train)
    unseen = dataset.rows(fitted.calibration_rows)
    sets = conform(fitted.fitted.predict(unseen.X), unseen)
    return stable_hash([fitted.fitted.native(), fitted.calibration.to_json(), sets.to_json()])


@pytest.mark.parametrize("family", TABLES)
@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_times_the_test_block_changes_nothing_that_was_fitted(dataset_of, family, way):
    dataset = dataset_of(rows=1100, horizon=3)
    folds = WAYS[way].split(dataset)
    for fold in (folds[0], folds[-1]):
        wild = replace(dataset, X=dataset.X.copy(), y=dataset.y.copy(), outcome=dataset.outcome.copy())
        wild.X[fold.test] *= 1000
        wild.outcome[fold.test] *= 1000
        wild.y[fold.test] *= -1
        assert state(wild, fold, family) == state(dataset, fold, family)


@pytest.mark.parametrize("family", TABLES)
def test_the_check_sees_a_single_row_that_leaks(dataset_of, family):
    dataset = dataset_of(rows=1100, horizon=3)
    fold = WAYS["kfold"].split(dataset)[1]
    leak = np.sort(np.append(fold.train, fold.test[0]))
    wild = replace(dataset, X=dataset.X.copy(), y=dataset.y.copy())
    wild.X[fold.test] *= 1000
    wild.y[fold.test] *= -1
    leaky = replace(fold, train=leak)
    assert state(wild, leaky, family) != state(dataset, leaky, family)


@pytest.mark.parametrize("way", WAYS)
def test_columns_chosen_on_tested_rows_are_refused(dataset_of, way):
    """A selection is fitted too; it ends before a walk-forward tests, and k-fold tests everything."""
    dataset = dataset_of(rows=1100)
    first = WAYS["walk_forward"].split(dataset)[0]
    until = int(dataset.span_end[first.train].max())
    chosen = Selection(Rules(), dataset.columns, {}, len(first.train), until, {})
    selected = replace(dataset, selection=chosen)
    spec = spec_of(selected, "prior")
    if WAYS[way].forward:
        assert len(validate(spec, selected, splits=WAYS[way]).folds) >= 6
    else:
        with pytest.raises(ConfigError, match="the columns were chosen on answers"):
            validate(spec, selected, splits=WAYS[way])
    late = replace(selected, selection=replace(chosen, until=int(dataset.as_of[first.test[0]])))
    with pytest.raises(ConfigError, match="keep all columns"):
        validate(spec, late, splits=WAYS[way])


def test_combinatorial_folds_make_five_whole_series(dataset_of):
    dataset = dataset_of(rows=900)
    report = validate(spec_of(dataset, "logistic"), dataset, splits=CombinatorialPurged())
    assert len(report.folds) == 15
    assert len(report.paths) == 5
    for series in report.paths:
        assert np.array_equal(series.index, np.arange(900))
        assert np.array_equal(series.y, dataset.y)
        assert len(np.unique(series.fold)) >= 3  # two blocks of a fold at most belong to one series
    said = {(int(one.fold[row]), row) for one in report.paths for row in range(0, 900, 50)}
    assert len(said) == 5 * 18  # a row is predicted by another fold in every series


@pytest.mark.parametrize("way", ["walk_forward", "kfold"])
def test_other_folds_make_one_series(dataset_of, way):
    dataset = dataset_of(rows=1100)
    report = validate(spec_of(dataset, "prior"), dataset, splits=WAYS[way])
    (series,) = report.paths
    assert series is report.oos
    assert np.array_equal(series.index, np.unique(np.concatenate([f.test for f in WAYS[way].split(dataset)])))
