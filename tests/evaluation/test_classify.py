"""Classification metrics against scikit-learn, and their intervals."""

import time

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve as sk_curve

from alphaplus.core.errors import DataError
from alphaplus.evaluation import classify
from alphaplus.evaluation.calibration import bins, expected_ece

BINARY, THREE = (-1.0, 1.0), (-1.0, 0.0, 1.0)
TIGHT = {"rel": 1e-12, "abs": 1e-12}


def sample(classes, *, n=3000, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    raw = rng.gamma(2.0, 1.0, (n, len(classes)))
    if ties:
        raw = np.ceil(raw)
    p = raw / raw.sum(axis=1, keepdims=True)
    draws = (np.cumsum(p, axis=1) < rng.random((n, 1))).sum(axis=1)
    return np.asarray(classes)[np.minimum(draws, len(classes) - 1)], p


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_binary_metrics_equal_scikit_learn(seed, ties):
    y, p = sample(BINARY, seed=seed, ties=ties)
    found = classify.score(y, p, classes=BINARY, base=np.array([0.4, 0.6]))
    called, up = np.where(p[:, 1] > 0.5, 1.0, -1.0), p[:, 1]
    expected = {
        "accuracy": sk.accuracy_score(y, called),
        "balanced_accuracy": sk.balanced_accuracy_score(y, called),
        "precision": sk.precision_score(y, called),
        "recall": sk.recall_score(y, called),
        "f1": sk.f1_score(y, called),
        "mcc": sk.matthews_corrcoef(y, called),
        "roc_auc": sk.roc_auc_score(y, up),
        "pr_auc": sk.average_precision_score(y, up),
        "log_loss": sk.log_loss(y, p),
        "brier": sk.brier_score_loss(y, up),
        "base_log_loss": sk.log_loss(y, np.tile([0.4, 0.6], (len(y), 1))),
    }
    expected["skill"] = 1.0 - expected["log_loss"] / expected["base_log_loss"]
    assert {name: found[name] for name in expected} == {name: pytest.approx(v, **TIGHT) for name, v in expected.items()}
    assert classify.confusion(y, p, classes=BINARY).tolist() == sk.confusion_matrix(y, called).tolist()


@pytest.mark.parametrize("ties", [False, True])
def test_multiclass_metrics_equal_scikit_learn(ties):
    y, p = sample(THREE, seed=3, ties=ties)
    found = classify.score(y, p, classes=THREE, base=np.array([0.3, 0.4, 0.3]))
    called = np.asarray(THREE)[p.argmax(axis=1)]
    average = {"average": "macro", "labels": THREE}
    one_hot = np.asarray(THREE) == y[:, None]
    expected = {
        "accuracy": sk.accuracy_score(y, called),
        "balanced_accuracy": sk.balanced_accuracy_score(y, called),
        "precision": sk.precision_score(y, called, **average),
        "recall": sk.recall_score(y, called, **average),
        "f1": sk.f1_score(y, called, **average),
        "mcc": sk.matthews_corrcoef(y, called),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr", average="macro"),
        "pr_auc": sk.average_precision_score(one_hot, p, average="macro"),
        "log_loss": sk.log_loss(y, p),
        "brier": sk.brier_score_loss(y, p),
    }
    assert {name: found[name] for name in expected} == {name: pytest.approx(v, **TIGHT) for name, v in expected.items()}
    assert classify.confusion(y, p, classes=THREE).tolist() == sk.confusion_matrix(y, called).tolist()


def test_certain_and_wrong_is_finite():
    y, p = np.array([1.0, -1.0]), np.array([0.0, 1.0])
    found = classify.score(y, p, classes=BINARY, base=np.array([0.5, 0.5]))
    assert found["log_loss"] == pytest.approx(sk.log_loss(y, p), **TIGHT)


@pytest.mark.parametrize("ties", [False, True])
def test_calibration_curve_equals_scikit_learn(ties):
    y, p = sample(BINARY, seed=4, ties=ties)
    curve = classify.calibration_curve((y > 0).astype(float), p[:, 1])
    observed, predicted = sk_curve(y > 0, p[:, 1], n_bins=10, strategy="quantile")
    assert curve.observed == pytest.approx(observed, **TIGHT)
    assert curve.predicted == pytest.approx(predicted, **TIGHT)
    assert curve.count.sum() == len(y)
    error = np.abs(observed - predicted) @ curve.count / len(y)
    assert classify.ece((y > 0).astype(float), p[:, 1]) == pytest.approx(error, **TIGHT)


def test_equal_forecasts_share_a_bin():
    assert len(np.unique(bins(np.full(100, 0.5)))) == 1
    up = np.repeat([0.0, 1.0], 50)  # split by order they would look badly calibrated
    assert classify.ece(up, np.full(100, 0.5)) == 0.0


def test_ece_of_calibrated_forecasts_is_what_noise_makes_it():
    rng = np.random.default_rng(5)
    p = rng.uniform(0.3, 0.7, (200, 800))
    found = [classify.ece((rng.random(800) < row).astype(float), row) for row in p]
    assert np.mean(found) == pytest.approx(expected_ece(p[0], 800), rel=0.05)


def test_calibration_line_equals_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    y, p = sample(BINARY, seed=6)
    odds = np.log(p[:, 1] / p[:, 0])
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(odds[:, None], y)
    line = classify.calibration_line((y > 0).astype(float), p[:, 1])
    assert line.slope == pytest.approx(float(fitted.coef_[0, 0]), rel=1e-6)
    assert line.intercept == pytest.approx(float(fitted.intercept_[0]), rel=1e-6, abs=1e-6)


def test_calibration_line_names_boldness():
    rng = np.random.default_rng(7)
    true = 1.0 / (1.0 + np.exp(-rng.normal(0.0, 0.5, 50_000)))
    up = (rng.random(50_000) < true).astype(float)
    bold = 1.0 / (1.0 + (1.0 / true - 1.0) ** 2)  # log-odds doubled
    assert classify.calibration_line(up, true).slope == pytest.approx(1.0, abs=0.06)
    assert classify.calibration_line(up, bold).slope == pytest.approx(0.5, abs=0.03)


def test_calibration_line_is_undefined_where_it_cannot_be_fitted():
    p = np.linspace(0.1, 0.9, 50)
    assert np.isnan(classify.calibration_line((p > 0.5).astype(float), p).slope)  # separated
    assert np.isnan(classify.calibration_line(np.ones(50), p).slope)
    assert np.isnan(classify.calibration_line((np.arange(50) % 2).astype(float), np.full(50, 0.5)).slope)


def test_one_class_only():
    found = classify.score(np.ones(20), np.full(20, 0.6), classes=BINARY, base=np.array([0.5, 0.5]))
    assert np.isnan(found["roc_auc"])
    assert np.isnan(found["pr_auc"])
    assert found["accuracy"] == 1.0


def test_base_rate_per_row_and_by_class_agree():
    y, p = sample(BINARY, seed=8)
    by_class = classify.score(y, p, classes=BINARY, base=np.array([0.45, 0.55]))
    assert classify.score(y, p, classes=BINARY, base=np.tile([0.45, 0.55], (len(y), 1))) == by_class
    assert classify.score(y, p[:, 1], classes=BINARY, base=np.full(len(y), 0.55)) == pytest.approx(by_class, rel=1e-12)


def test_input_that_cannot_be_scored():
    y, p = sample(BINARY, n=10)
    base = np.array([0.5, 0.5])
    with pytest.raises(DataError, match="outside the classes"):
        classify.score(y + 0.5, p, classes=BINARY, base=base)
    with pytest.raises(DataError, match="no rows"):
        classify.score(y[:0], p[:0], classes=BINARY, base=base)
    with pytest.raises(DataError, match="NaN"):
        classify.score(y, p * np.nan, classes=BINARY, base=base)
    with pytest.raises(DataError, match="3 classes"):
        classify.score(y, p, classes=THREE, base=base)


def intervals(y, p, classes, **options):
    base = classify.class_shares(y, classes=classes)
    as_of = options.pop("as_of", np.arange(len(y)))
    return classify.with_intervals(y, p, classes=classes, base=base, as_of=as_of, **options)


@pytest.mark.parametrize("classes", [BINARY, THREE])
def test_every_metric_has_an_interval_around_it(classes):
    y, p = sample(classes, seed=9)
    values = classify.score(y, p, classes=classes, base=classify.class_shares(y, classes=classes))
    found = intervals(y, p, classes)
    assert set(found) == set(values) - {"n"}
    for name, one in found.items():
        assert one.value == values[name]
        assert one.low < one.high
        if name != "ece":  # resampling adds noise to an error that cannot be negative
            assert one.low <= one.value <= one.high, name


def test_intervals_match_textbook_errors():
    y, p = sample(BINARY, n=4000, seed=10)
    found = intervals(y, p, BINARY)
    right = found["accuracy"]
    error = np.sqrt(right.value * (1.0 - right.value) / 4000)
    assert (right.high - right.low) / (2 * 1.96 * error) == pytest.approx(1.0, abs=0.08)
    up, score = y > 0, p[:, 1]  # DeLong's variance of the area under the curve
    wins = (score[up][:, None] > score[~up][None, :]).astype(np.float32)
    error = np.sqrt(wins.mean(1).var(ddof=1) / up.sum() + wins.mean(0).var(ddof=1) / (~up).sum())
    area = found["roc_auc"]
    assert (area.high - area.low) / (2 * 1.96 * error) == pytest.approx(1.0, abs=0.08)


def test_one_step_interval_of_the_slope_agrees_with_refitting():
    y, p = sample(BINARY, n=1500, seed=11)
    up, rng = (y > 0).astype(float), np.random.default_rng(0)
    slopes = []
    for _ in range(300):
        chosen = rng.integers(0, 1500, 1500)
        slopes.append(classify.calibration_line(up[chosen], p[chosen, 1]).slope)
    low, high = np.quantile(slopes, [0.025, 0.975])
    found = intervals(y, p, BINARY)["calibration_slope"]
    assert (found.high - found.low) / (high - low) == pytest.approx(1.0, abs=0.15)


def test_overlap_widens_the_interval():
    rng = np.random.default_rng(12)
    y = np.repeat(np.where(rng.random(200) < 0.55, 1.0, -1.0), 24)  # 24 rows share one outcome
    p = np.full(len(y), 0.55)
    alone, overlapping = intervals(y, p, BINARY)["accuracy"], intervals(y, p, BINARY, horizon=24)["accuracy"]
    assert overlapping.block >= 24
    assert alone.block > 5  # the losses themselves show the overlap
    error = np.sqrt(0.55 * 0.45 / 200)
    assert (overlapping.high - overlapping.low) / (2 * 1.96 * error) > 0.8


def test_rows_of_one_time_are_drawn_together():
    y, p = sample(BINARY, n=1000, seed=13)
    once = intervals(y, p, BINARY)
    fourfold = intervals(np.repeat(y, 4), np.repeat(p, 4, axis=0), BINARY, as_of=np.repeat(np.arange(1000), 4))
    for name in ("accuracy", "log_loss", "roc_auc", "brier", "calibration_slope", "ece"):
        assert fourfold[name].low == pytest.approx(once[name].low, rel=1e-9)
        assert fourfold[name].high == pytest.approx(once[name].high, rel=1e-9)


def test_same_seed_same_interval():
    y, p = sample(BINARY, n=500)
    assert intervals(y, p, BINARY, seed=1) == intervals(y, p, BINARY, seed=1)
    assert intervals(y, p, BINARY, seed=1) != intervals(y, p, BINARY, seed=2)


def test_forty_thousand_rows_take_seconds():
    y, p = sample(BINARY, n=40_000, seed=14)
    intervals(y[:100], p[:100], BINARY)  # compiled before the clock starts
    began = time.process_time()
    intervals(y, p, BINARY)
    assert time.process_time() - began < 10.0
