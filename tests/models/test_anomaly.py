"""The anomaly column: learned on the training rows alone, exact in ONNX, explained by the columns, off unless asked."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError
from alphaplus.datasets.splits import holdout
from alphaplus.evaluation.classify import area_under_curve
from alphaplus.evaluation.losses import binary_log_loss
from alphaplus.models.anomaly import WithAnomaly
from alphaplus.models.artifact import load_model
from alphaplus.models.family import families, get_family
from alphaplus.models.fit import fit, read_fitted
from alphaplus.models.onnx import OnnxModel, parity
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.models.validate import fit_calibrated

FAST = {"lightgbm": {"rounds": 15}}
CASES = [
    (name, task)
    for name in families()
    for task in ("binary", "multiclass", "regression")
    if Task(task) in get_family(name).tasks
]


def spec_of(dataset, family="logistic", *, anomaly=True, seed=0):
    return ModelSpec.of(dataset, family=family, params=FAST.get(family), seed=seed, anomaly=anomaly)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(request, dataset_of):
    name, task = request.param
    dataset = dataset_of(task, rows=600)
    spec = spec_of(dataset, name)
    return dataset, spec, fit(spec, dataset)


def test_contributions_of_the_columns_add_up_without_the_anomaly_column(case):
    dataset, _, fitted = case
    parts = fitted.contributions(dataset.X)
    assert parts.shape[2] == len(dataset.columns) + 1
    np.testing.assert_allclose(parts.sum(axis=2), fitted.raw(dataset.X), atol=1e-9)
    assert fitted.importance().shape == (len(dataset.columns),)
    assert fitted.importance().sum() == pytest.approx(1.0) or not fitted.importance().any()


def test_onnx_says_what_the_native_model_says_also_on_the_borders_of_both(case):
    dataset, _, fitted = case
    found = parity(fitted, fitted.to_onnx(), x=dataset.X)
    assert found.max_error <= 1e-6
    assert found.border_rows > 1000  # those of the forest
    model = OnnxModel(fitted.to_onnx())
    single = np.vstack([model.run(dataset.X[row : row + 1]) for row in range(50)])
    assert np.array_equal(model.run(dataset.X[:50]), single)


def test_the_native_text_holds_both(case):
    dataset, spec, fitted = case
    again = read_fitted(spec, fitted.native())
    assert np.array_equal(again.predict(dataset.X), fitted.predict(dataset.X))
    assert again.native() == fitted.native()
    assert fit(spec, dataset).native() == fitted.native()


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"hello", b'{"forest": 1, "model": 2}'])
def test_other_text_is_refused(dataset_of, junk):
    with pytest.raises(ValueError):  # noqa: PT011
        read_fitted(spec_of(dataset_of(rows=600)), junk)


def unusual_market(dataset_of, rows=3000):
    """Rows far out in any direction are followed by a rise, others by a fall, mostly; no column tells by its side."""
    dataset = dataset_of(rows=rows, columns=8)
    random = np.random.default_rng(11)
    dataset.X[:] = random.standard_t(4, dataset.X.shape)
    far = np.log(np.sum(dataset.X.astype(np.float64) ** 2, axis=1))
    up = random.random(rows) < np.where(far > np.median(far), 0.75, 0.25)
    sign = np.where(up, 1.0, -1.0)
    return replace(dataset, y=sign, outcome=0.01 * sign)


def held_out(dataset, **spec):
    """What actually happened in the untouched slice, and the probability of it."""
    outer = holdout(dataset)
    test = dataset.rows(outer.test)
    return test.actual, fit_calibrated(spec_of(dataset, **spec), dataset, outer.train).predict(test.X)[:, 1]


def test_it_helps_where_unusual_rows_matter(dataset_of):
    dataset = unusual_market(dataset_of)
    assert area_under_curve(*held_out(dataset, anomaly=False)) < 0.58
    assert area_under_curve(*held_out(dataset)) > 0.68


def test_it_does_no_harm_where_they_do_not(dataset_of):
    dataset = dataset_of(rows=2000)
    without, with_it = (np.mean(binary_log_loss(*held_out(dataset, anomaly=asked))) for asked in (False, True))
    assert with_it == pytest.approx(without, abs=0.005)


@pytest.mark.parametrize("family", ["lightgbm", "logistic"])
def test_a_test_block_changes_nothing_of_the_forest(dataset_of, family):
    dataset = dataset_of(rows=700, horizon=3)
    outer = holdout(dataset)
    poisoned = replace(dataset, X=dataset.X.copy())
    poisoned.X[outer.test] *= 1000
    first, second = (fit_calibrated(spec_of(rows, family), rows, outer.train) for rows in (dataset, poisoned))
    assert first.fitted.native() == second.fitted.native()
    assert first.calibration == second.calibration
    assert not np.array_equal(first.fitted.anomaly(dataset.X), second.fitted.anomaly(poisoned.X))


def test_a_training_with_it_is_saved_and_scores_rows(dataset_of, tmp_path):
    dataset = unusual_market(dataset_of, rows=900)
    training = train(spec_of(dataset), dataset)
    training.save(tmp_path)
    model = load_model(tmp_path, expected=training.model.sha256)
    assert model.spec.anomaly
    assert np.array_equal(model.predict(dataset.X), training.model.predict(dataset.X))
    np.testing.assert_allclose(model.explain(dataset.X).sum(axis=1), model.raw(dataset.X), atol=1e-9)
    rows = dataset.X[:3].copy()
    rows[1] = 30.0
    rows[2, 0] = np.nan
    scores = model.anomaly(rows)
    assert scores[1] == max(scores[0], scores[1]) > 0.6
    assert np.isnan(scores[2])


def test_contributions_name_the_columns_that_make_a_row_unusual(dataset_of):
    dataset = unusual_market(dataset_of)
    fitted = fit(spec_of(dataset), dataset)
    rows = np.zeros((2, 8), dtype=np.float32)
    rows[1, 5] = 12.0
    usual, unusual = fitted.contributions(rows)[:, 0, :-1]
    assert unusual.argmax() == 5
    assert fitted.raw(rows)[1, 0] > fitted.raw(rows)[0, 0]
    assert usual.sum() < 0.0  # a row like all others is followed by falls


def test_a_model_without_it_says_so(dataset_of):
    dataset = dataset_of(rows=700)
    plain = train(spec_of(dataset, "prior", anomaly=False), dataset).model
    with pytest.raises(ConfigError, match="grew no isolation forest"):
        plain.anomaly(dataset.X)


def test_a_column_of_that_name_is_refused(dataset_of):
    dataset = dataset_of(rows=600)
    taken = replace(dataset, columns=("anomaly", *dataset.columns[1:]))
    with pytest.raises(ConfigError, match="already"):
        fit(spec_of(taken), taken)


def test_the_spec_carries_it_only_when_it_is_asked_for(dataset_of):
    dataset = dataset_of(rows=600)
    plain, asked = spec_of(dataset, anomaly=False), spec_of(dataset)
    assert "anomaly" not in plain.to_json()
    assert ModelSpec.from_json(json.loads(json.dumps(asked.to_json()))).to_json() == asked.to_json()
    assert ModelSpec.from_json(asked.to_json()).anomaly
    assert plain.hash != asked.hash
    assert isinstance(fit(asked, dataset), WithAnomaly)
