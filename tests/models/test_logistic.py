"""The linear model finds the optimum that scikit-learn finds."""

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.models.fit import fit
from alphaplus.models.spec import ModelSpec

L2 = 10.0


def standardised(dataset):
    x = dataset.X.astype(np.float64)
    return (x - x.mean(axis=0)) / x.std(axis=0)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_coefficients_equal_scikit_learns(dataset_of, task):
    from sklearn.linear_model import LogisticRegression

    dataset = dataset_of(task, rows=1200)
    spec = ModelSpec.of(dataset, family="logistic", params={"l2": L2, "clip": 1e6})
    out = fit(spec, dataset).predict(dataset.X)
    theirs = LogisticRegression(C=1 / L2, tol=1e-10, max_iter=1000).fit(standardised(dataset), dataset.y)
    np.testing.assert_allclose(out, theirs.predict_proba(standardised(dataset)), atol=2e-5)


def test_ridge_equals_scikit_learns(dataset_of):
    from sklearn.linear_model import Ridge

    dataset = dataset_of("regression", rows=1200)
    spec = ModelSpec.of(dataset, family="logistic", params={"l2": L2, "clip": 1e6})
    out = fit(spec, dataset).predict(dataset.X)[:, 0]
    theirs = Ridge(alpha=L2).fit(standardised(dataset), dataset.y).predict(standardised(dataset))
    np.testing.assert_allclose(out, theirs, atol=2e-5)


def test_overlapping_labels_count_as_many_rows_as_are_independent(dataset_of):
    """With horizon 24 the same rows carry a twenty-fourth of the evidence, so coefficients shrink more."""
    sizes = []
    for horizon in (1, 24):
        dataset = dataset_of(rows=1500, horizon=horizon)
        fitted = fit(ModelSpec.of(dataset, family="logistic"), dataset)
        sizes.append(np.abs(fitted.raw(dataset.X)).mean())
    assert sizes[1] < 0.7 * sizes[0]


def test_outliers_are_cut(dataset_of):
    dataset = dataset_of(rows=800)
    fitted = fit(ModelSpec.of(dataset, family="logistic", params={"clip": 3.0}), dataset)
    far = dataset.X[:2].copy()
    far[0, 0], far[1, 0] = 1e6, 1e9
    far[1, 1:] = far[0, 1:]
    assert fitted.raw(far)[0, 0] == fitted.raw(far)[1, 0]


def test_separable_classes_do_not_run_away(dataset_of):
    dataset = dataset_of(rows=600)
    dataset.y[:] = np.where(dataset.X[:, 0] > 0, 1.0, -1.0)
    out = fit(ModelSpec.of(dataset, family="logistic", params={"l2": 1e-3}), dataset).predict(dataset.X)
    assert dataset.task is Task.BINARY
    assert np.isfinite(out).all()
    assert np.mean((out[:, 1] > 0.5) == (dataset.y > 0)) > 0.99
