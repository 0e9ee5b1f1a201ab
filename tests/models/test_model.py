"""A model in use: inputs, directions, confidence, contributions."""

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import ColumnsMismatch
from alphaplus.core.normal import normal_cdf
from alphaplus.features.frame import FeatureFrame
from alphaplus.models.model import up_probability
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train

TASKS = ["binary", "multiclass", "regression"]


@pytest.fixture(scope="module")
def models(dataset_of):
    out = {}
    for task in TASKS:
        dataset = dataset_of(task, rows=900)
        spec = ModelSpec.of(dataset, family="lightgbm", params={"rounds": 20})
        out[task] = dataset, train(spec, dataset)
    return out


def frame(dataset, columns=None):
    return FeatureFrame(
        Instrument("BTCUSDT"),
        Timeframe.H1,
        columns or dataset.columns,
        dataset.as_of - Timeframe.H1.ms,
        dataset.X.astype(np.float64),
    )


@pytest.mark.parametrize("task", TASKS)
def test_frames_and_arrays_give_the_same_and_rows_do_not_matter_to_each_other(models, task):
    dataset, training = models[task]
    out = training.model.predict(frame(dataset))
    assert np.array_equal(out, training.model.predict(dataset.X))
    single = np.vstack([training.model.predict(dataset.X[row : row + 1]) for row in range(200)])
    assert np.array_equal(single, out[:200])


def test_features_become_float32_once(models):
    dataset, training = models["binary"]
    wide = dataset.X.astype(np.float64) * (1 + 1e-12)  # rounds to the same float32
    assert np.array_equal(training.model.predict(wide), training.model.predict(dataset.X))


@pytest.mark.parametrize("task", TASKS)
def test_rows_with_missing_features_get_nan_and_leave_others_alone(models, task):
    dataset, training = models[task]
    x = dataset.X[:50].astype(np.float64)
    x[7, 2], x[9, 0], x[11, 1] = np.nan, np.inf, 1e300
    out = training.model.predict(x)
    lost = [7, 9, 11]
    assert np.isnan(out[lost]).all()
    assert np.isnan(training.model.p_up(x)[lost]).all()
    assert np.isnan(training.model.explain(x)[lost]).all()
    kept = np.setdiff1d(np.arange(50), lost)
    assert np.array_equal(out[kept], training.model.predict(dataset.X[kept]))


def test_other_columns_are_refused(models):
    dataset, training = models["binary"]
    with pytest.raises(ColumnsMismatch, match="another order"):
        training.model.predict(frame(dataset, tuple(reversed(dataset.columns))))
    with pytest.raises(ColumnsMismatch, match="column_4"):
        training.model.predict(frame(dataset, (*dataset.columns[:4], "other")))
    with pytest.raises(ColumnsMismatch, match="shape"):
        training.model.predict(dataset.X[:, :3])
    with pytest.raises(ColumnsMismatch, match="shape"):
        training.model.predict(dataset.X[0])


@pytest.mark.parametrize("task", TASKS)
def test_contributions_sum_to_the_raw_output(models, task):
    dataset, training = models[task]
    parts = training.model.explain(dataset.X)
    assert parts.shape == (len(dataset), len(dataset.columns) + 1)
    np.testing.assert_allclose(parts.sum(axis=1), training.model.raw(dataset.X), atol=1e-9)
    mean = np.abs(parts[:, :-1]).mean(axis=0)
    assert mean.argmax() == 0  # the column with the signal
    assert next(iter(training.model.importance())) == "column_0"


def test_probability_of_up_splits_the_middle_class():
    p = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
    assert up_probability(p, (-1.0, 0.0, 1.0)) == pytest.approx([0.55, 0.0])
    assert up_probability(p[:, :2], (-1.0, 1.0)) == pytest.approx([0.5, 0.0])


def test_a_forecast_becomes_a_probability_by_the_models_own_error(models):
    from scipy.stats import norm

    dataset, training = models["regression"]
    model = training.model
    values = model.predict(dataset.X)[:, 0]
    np.testing.assert_allclose(model.p_up(dataset.X), norm.cdf(values / model.spread), atol=1e-12)
    assert model.spread == pytest.approx(np.std(dataset.y - values), rel=0.3)
    assert normal_cdf(np.array([0.0])) == 0.5


@pytest.mark.parametrize("task", TASKS)
def test_confidence_is_a_rank_of_decisiveness(models, task):
    _, training = models[task]
    model = training.model
    values = model.base + np.linspace(0, 1, 50) * model.decisiveness.max()
    rank = model.confidence(values)
    assert rank[0] == 0.0
    assert np.all(np.diff(rank) >= 0)
    assert model.confidence(np.array([model.base + 1e9])) == 1.0
    mirrored = model.confidence(2 * model.base - values)
    np.testing.assert_allclose(mirrored, rank, atol=0.011)  # two steps of the stored distribution, for rounding
    on_unseen = model.confidence(model.values(training.holdout.p))
    assert 0.3 < np.mean(on_unseen > 0.5) < 0.7
    assert 0.15 < np.mean(on_unseen > 0.7) < 0.45


def test_confidence_of_a_constant_model_is_zero(dataset_of):
    dataset = dataset_of(rows=700)
    model = train(ModelSpec.of(dataset, family="prior"), dataset).model
    assert not model.confidence(model.p_up(dataset.X)).any()


def test_the_reference_holds_a_tenth_of_the_rows_in_each_bin(models):
    _, training = models["binary"]
    reference = training.model.reference
    assert reference.edges.shape == (5, 9)
    np.testing.assert_allclose(reference.shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(reference.shares[0], 0.1, atol=0.01)
