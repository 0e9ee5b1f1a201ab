"""Calibration mends what it should, and never makes matters worse than the evidence allows."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.enums import Task
from alphaplus.models.calibrate import Calibration, halves_in_time
from alphaplus.models.calibrate import calibrate as calibrate_rows


def calibrate(p, y, *, n_eff, task, symbols=1, horizon=1):
    """Calibrate rows one bar apart, `symbols` of them at each time, with labels `horizon` bars long."""
    as_of = np.arange(len(p), dtype=np.int64) // symbols
    return calibrate_rows(p, y, as_of=as_of, span_end=as_of + horizon, n_eff=n_eff, task=task)


def skewed(rows, *, seed=0, slope=2.0, intercept=0.5):
    """Probabilities whose true log-odds are their own divided by `slope`, less `intercept`."""
    random = np.random.default_rng(seed)
    odds = random.standard_normal(rows)
    truth = 1 / (1 + np.exp(-odds))
    y = (random.random(rows) < truth).astype(np.intp)
    claimed = 1 / (1 + np.exp(-(slope * odds + intercept)))
    return np.column_stack([1 - claimed, claimed]), y, truth


def log_loss(p, y):
    return -np.mean(np.log(p[np.arange(len(y)), y]))


def bent(rows, *, seed=0):
    """Probabilities of an overconfident model that is right only near the middle: no line mends it."""
    random = np.random.default_rng(seed)
    claimed = random.uniform(0.02, 0.98, rows)
    truth = np.clip(claimed, 0.4, 0.6)
    y = (random.random(rows) < truth).astype(np.intp)
    return np.column_stack([1 - claimed, claimed]), y, truth


@pytest.mark.parametrize(("n_eff", "method"), [(999, "platt"), (1000, "isotonic")])
def test_a_curve_needs_effective_rows(n_eff, method):
    p, y, _ = bent(3000)
    assert calibrate(p, y, n_eff=n_eff, task=Task.BINARY).method == method


def test_a_curve_is_taken_only_where_a_line_does_not_do():
    methods = [calibrate(*skewed(3000, seed=seed)[:2], n_eff=3000, task=Task.BINARY).method for seed in range(20)]
    assert methods.count("platt") >= 15
    methods = [calibrate(*bent(3000, seed=seed)[:2], n_eff=3000, task=Task.BINARY).method for seed in range(20)]
    assert methods.count("isotonic") >= 18


def test_a_curve_mends_what_a_line_cannot():
    p, y, _ = bent(20_000)
    new, _, truth = bent(20_000, seed=1)
    curve = calibrate(p, y, n_eff=20_000, task=Task.BINARY).apply(new)
    line = calibrate(p, y, n_eff=999, task=Task.BINARY).apply(new)
    assert np.abs(curve[:, 1] - truth).mean() < 0.02 < np.abs(line[:, 1] - truth).mean()


def test_platt_equals_scikit_learn_where_there_is_much_evidence():
    from sklearn.linear_model import LogisticRegression

    p, y, _ = skewed(20_000)
    found = calibrate(p, y, n_eff=999, task=Task.BINARY)  # rows weighted by 999/20000 against a weak prior
    odds = np.log(p[:, 1] / p[:, 0])[:, None]
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(odds, y)
    assert found.values[0] == pytest.approx(theirs.coef_[0, 0], abs=0.03)
    assert found.values[1] == pytest.approx(theirs.intercept_[0], abs=0.03)


@pytest.mark.parametrize("n_eff", [500, 10_000])
def test_a_skewed_model_is_mended_on_new_rows(n_eff):
    p, y, _ = skewed(20_000)
    calibration = calibrate(p, y, n_eff=n_eff, task=Task.BINARY)
    new, outcome, truth = skewed(20_000, seed=1)
    mended = calibration.apply(new)
    assert np.abs(mended[:, 1] - truth).mean() < 0.02 < np.abs(new[:, 1] - truth).mean()
    assert log_loss(mended, outcome) < log_loss(new, outcome) - 0.02


def test_little_evidence_changes_little():
    p, y, _ = skewed(200)
    much = calibrate(p, y, n_eff=200, task=Task.BINARY)
    little = calibrate(p, y, n_eff=4, task=Task.BINARY)
    assert abs(little.values[0] - 1) < abs(much.values[0] - 1)
    assert abs(little.values[1]) < abs(much.values[1])


def test_calibration_never_turns_a_model_round():
    p, y, _ = skewed(5000)
    found = calibrate(p[:, ::-1], y, n_eff=900, task=Task.BINARY)
    assert found.values[0] == 0.0


@pytest.mark.parametrize("ups", [0.3, 0.6])
def test_a_model_that_is_worth_nothing_says_the_share_of_ups(ups):
    """The wrong way round and biased: the intercept of the line with its slope is not that of the line without."""
    random = np.random.default_rng(0)
    y = (random.random(5000) < ups).astype(np.intp)
    claimed = 1 / (1 + np.exp(-(2.0 + 1.5 * (0.5 - y) + random.standard_normal(5000))))  # bold, and against the truth
    found = calibrate(np.column_stack([1 - claimed, claimed]), y, n_eff=900, task=Task.BINARY)
    assert found.values[0] == 0.0
    said = found.apply(np.array([[0.9, 0.1], [0.1, 0.9]]))[:, 1]
    assert said[0] == said[1] == pytest.approx(y.mean(), abs=0.005)  # the prior pulls it towards a half, very little


def test_a_curve_is_tried_on_rows_that_share_no_label_and_no_time_with_its_own():
    as_of = np.repeat(np.arange(100, dtype=np.int64), [3] * 50 + [1] * 50)  # three symbols first, one later
    span_end = as_of + 24
    earlier, later = halves_in_time(as_of, span_end)
    assert span_end[earlier].max() < as_of[later].min() == 50
    assert len(earlier) == 3 * 26
    assert len(later) == 50


def test_without_rows_to_try_it_on_no_curve_is_taken():
    p, y, _ = bent(3000)
    assert calibrate(p, y, n_eff=3000, task=Task.BINARY, symbols=3, horizon=24).method == "isotonic"
    assert calibrate(p, y, n_eff=3000, task=Task.BINARY, horizon=3000).method == "platt"


def test_isotonic_is_close_to_scikit_learns():
    from sklearn.isotonic import IsotonicRegression

    p, y, _ = bent(20_000)
    ours = calibrate(p, y, n_eff=20_000, task=Task.BINARY).apply(p)[:, 1]
    theirs = IsotonicRegression().fit(p[:, 1], y).predict(p[:, 1])
    assert np.abs(ours - theirs).mean() < 0.02
    assert 0 < ours.min() < ours.max() < 1


def test_temperature_recovers_the_one_that_was_used():
    random = np.random.default_rng(0)
    scores = random.standard_normal((20_000, 3))
    truth = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    y = (random.random((20_000, 1)) > truth.cumsum(axis=1)).sum(axis=1)
    sharp = np.exp(2.5 * scores) / np.exp(2.5 * scores).sum(axis=1, keepdims=True)
    found = calibrate(sharp, y, n_eff=20_000, task=Task.MULTICLASS)
    assert found.values[0] == pytest.approx(2.5, rel=0.03)
    np.testing.assert_allclose(found.apply(sharp), truth, atol=0.01)


def test_a_constant_model_and_a_regression_are_left_alone():
    y = np.array([0, 1] * 500)
    assert calibrate(np.tile([0.4, 0.6], (1000, 1)), y, n_eff=2000, task=Task.BINARY).method == "identity"
    values = np.random.default_rng(0).standard_normal((1000, 1))
    assert calibrate(values, y, n_eff=2000, task=Task.REGRESSION).apply(values) is values


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 300), st.floats(0.5, 5000), st.sampled_from([Task.BINARY, Task.MULTICLASS])
)
def test_whatever_the_rows_the_result_is_monotone_probabilities(seed, rows, n_eff, task):
    random = np.random.default_rng(seed)
    classes = 2 if task is Task.BINARY else 3
    p = random.dirichlet(np.full(classes, 0.3), rows)
    y = random.integers(0, classes, rows)
    found = calibrate(p, y, n_eff=n_eff, task=task)
    assert Calibration.from_json(json.loads(json.dumps(found.to_json()))) == found
    extremes = np.vstack([p, np.eye(classes), np.full((1, classes), 1 / classes)])
    out = found.apply(extremes)
    assert np.isfinite(out).all()
    assert np.all((out >= 0) & (out <= 1))
    np.testing.assert_allclose(out.sum(axis=1), 1.0, atol=1e-9)
    if classes == 2:
        order = np.argsort(extremes[:, 1])
        assert np.all(np.diff(out[order, 1]) >= -1e-12)


@pytest.mark.parametrize(
    "content",
    [
        {"method": "platt", "values": [1.0]},
        {"method": "pickle", "values": []},
        {"method": "temperature", "values": [float("nan")]},
        {"method": "isotonic", "values": [0.1] * 3},
        {"values": []},
    ],
)
def test_other_content_is_refused(content):
    with pytest.raises((KeyError, ValueError)):
        Calibration.from_json(content)
