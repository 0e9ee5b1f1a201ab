"""Importance: what helps is found, what does not is near nothing, on rows that the model did not see."""

from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import ROW_FIELDS
from alphaplus.datasets.splits import holdout
from alphaplus.models import importance
from alphaplus.models.family import families, get_family
from alphaplus.models.fit import fit
from alphaplus.models.importance import (
    EXPLAINED_ROWS,
    VALIDATION,
    PermutationImportance,
    block_permutation,
    importances,
)
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train

FAST = {"lightgbm": {"rounds": 30}, "xgboost": {"rounds": 30}, "catboost": {"rounds": 30}}


@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_column_with_the_signal_is_found(dataset_of, family, task):
    found = PermutationImportance(family, seed=3)(dataset_of(task, rows=2_000))
    assert max(found, key=found.get) == "column_0"
    others = [abs(value) for name, value in found.items() if name != "column_0"]
    assert found["column_0"] > 5 * max(others)


def test_the_same_seed_gives_the_same_numbers(dataset_of):
    dataset = dataset_of("binary")
    assert PermutationImportance("logistic", seed=3)(dataset) == PermutationImportance("logistic", seed=3)(dataset)
    assert PermutationImportance("logistic", seed=3)(dataset) != PermutationImportance("logistic", seed=4)(dataset)


def test_it_is_judged_on_later_rows_only(dataset_of):
    """A column that gives the answer away among the earlier rows alone is worth nothing among the later ones."""
    dataset = dataset_of("binary", rows=2_000)
    told = np.arange(2_000) < 2_000 * (1.0 - VALIDATION)
    x = dataset.X.copy()
    x[:, 4] = np.where(told, dataset.y, np.random.default_rng(5).choice([-1.0, 1.0], 2_000))
    found = PermutationImportance("logistic", seed=3)(replace(dataset, X=x))
    assert found["column_4"] <= 0.0


def test_it_is_the_loss_that_grows(dataset_of):
    """Worked out by hand for the prior, which reads no column: nothing grows."""
    assert set(PermutationImportance("prior")(dataset_of("binary")).values()) == {0.0}


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def trained(request, dataset_of):
    dataset = dataset_of(request.param, rows=900, horizon=3)
    return dataset, train(ModelSpec.of(dataset, family="lightgbm", params=FAST["lightgbm"]), dataset)


def test_all_three_kinds_find_the_column_with_the_signal(trained):
    dataset, training = trained
    assert list(training.importance) == ["gain", "permutation", "shap"]
    for kind, values in training.importance.items():
        assert next(iter(values)) == "column_0", kind
        assert list(values.values()) == sorted(values.values(), reverse=True), kind
        assert set(values) <= set(dataset.columns), kind
    gained = {name for name, share in training.importance["gain"].items() if share > 0.0}
    assert set(training.importance["permutation"]) == gained
    assert training.summary()["importance"] == training.importance


def test_shap_is_the_mean_absolute_contribution_on_the_untouched_slice(trained):
    dataset, training = trained
    unseen = dataset.X[holdout(dataset).test]
    unseen = unseen[:: -(-len(unseen) // EXPLAINED_ROWS)]
    expected = np.abs(training.model.explain(unseen)[:, :-1]).mean(axis=0)
    np.testing.assert_allclose([training.importance["shap"][name] for name in dataset.columns], expected)


def test_permutation_is_asked_on_the_untouched_slice(dataset_of):
    """A column that tells the answer in all rows but those, where it is turned round, costs there what it gained."""
    dataset = dataset_of(rows=900)
    dataset.X[:, 4] = dataset.y
    dataset.X[holdout(dataset).test, 4] *= -1.0
    found = train(ModelSpec.of(dataset, family="logistic"), dataset).importance
    assert next(iter(found["gain"])) == "column_4"
    assert found["permutation"]["column_4"] < -0.1


def test_blocks_change_places_and_stay_whole(trained):
    rng = np.random.default_rng(0)
    order = block_permutation(np.zeros(100, dtype=np.int32), block=12, rng=rng)
    assert sorted(order.tolist()) == list(range(100))
    joins = int(np.count_nonzero(np.diff(order) != 1))
    assert 0 < joins <= 8  # nine blocks, one of them short
    panel = np.tile(np.arange(3, dtype=np.int32), 40)
    assert np.array_equal(panel[block_permutation(panel, block=5, rng=rng)], panel)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 9])
def test_a_handful_of_rows_is_permuted_too(n):
    order = block_permutation(np.zeros(n, dtype=np.int32), block=24, rng=np.random.default_rng(0))
    assert sorted(order.tolist()) == list(range(n))


def test_a_column_that_only_drifts_is_worth_less_than_its_plain_shuffle_says(dataset_of):
    """Blocks keep most of a slow series in order, so what is lost is what it says of its time, block by block."""
    rows = dataset_of(rows=900)
    slow = block_permutation(rows.instrument_id, block=24, rng=np.random.default_rng(1))
    series = np.cumsum(np.random.default_rng(2).standard_normal(900))
    whole, shuffled = np.abs(np.diff(series)).mean(), np.abs(np.diff(np.random.default_rng(3).permutation(series)))
    assert np.abs(np.diff(series[slow])).mean() < 1.5 * whole < shuffled.mean() / 3


def test_only_the_most_gaining_columns_are_asked(trained, monkeypatch):
    dataset, training = trained
    monkeypatch.setattr(importance, "PERMUTED_COLUMNS", 2)
    found = importances(training.model, dataset.rows(holdout(dataset).test))
    assert set(found["permutation"]) == set(list(found["gain"])[:2])
    assert len(found["shap"]) == len(dataset.columns)


def test_long_ranges_are_thinned_evenly_and_panels_keep_whole_times(dataset_of):
    one = dataset_of(rows=900)
    rows, step = importance._thinned(one, 250)
    assert (len(rows), step) == (225, 4)
    assert set(np.diff(rows.as_of)) == {4 * one.timeframe.ms}
    whole, step = importance._thinned(one, 900)
    assert (len(whole), step) == (900, 1)
    double = replace(one, **{name: np.repeat(getattr(one, name), 2, axis=0) for name in ROW_FIELDS})
    panel, step = importance._thinned(double, 600)
    assert (len(panel), step) == (600, 3)
    assert np.array_equal(panel.as_of[::2], panel.as_of[1::2])


TREES = [
    (name, task)
    for name in sorted({"lightgbm", "xgboost", "catboost"} & set(families()))
    for task in ("binary", "multiclass", "regression")
    if Task(task) in get_family(name).tasks
]


@pytest.mark.parametrize(("family", "task"), TREES)
def test_native_contributions_are_those_of_the_tree_explainer(dataset_of, family, task):
    """Of the scores of all classes together, since shap's own walk, unlike the native one, adds up all trees."""
    shap = pytest.importorskip("shap")
    dataset = dataset_of(task, rows=500)
    fitted = fit(ModelSpec.of(dataset, family=family, params=FAST[family]), dataset)
    explainer = shap.TreeExplainer(getattr(fitted, "_booster", None) or fitted._model)
    if family == "lightgbm":
        explainer.model.model_type = "internal"  # else it would ask LightGBM, as we do
    values = np.asarray(explainer.shap_values(dataset.X[:100], check_additivity=False)).reshape(100, 5, -1).sum(axis=2)
    np.testing.assert_allclose(
        fitted.contributions(dataset.X[:100])[:, :, :-1].sum(axis=1), values, atol=1e-6 if family == "xgboost" else 1e-9
    )  # XGBoost has float32 only
