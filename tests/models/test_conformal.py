"""Conformal sets: the coverage that is promised, on exchangeable rows, and what is stored of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from alphaplus.core.enums import Task
from alphaplus.datasets.splits import WalkForward
from alphaplus.models.artifact import load_model
from alphaplus.models.calibrate import calibration_of
from alphaplus.models.conformal import Conformal, conform, conformal_of, misfits
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train

PRINTED = {500: (0.867, 0.929), 1000: (0.877, 0.921), 2000: (0.884, 0.915)}  # methodology 5


def band(n, alpha=0.1):
    """1 and 99 % points of the coverage that n calibration rows give (Vovk 2012): a Beta law."""
    rank = int(np.ceil((n + 1) * (1 - alpha)))
    return stats.beta(rank, n + 1 - rank).ppf([0.01, 0.99])


@pytest.mark.parametrize("n", PRINTED)
def test_bands_are_the_printed_ones(n):
    assert band(n).round(3).tolist() == list(PRINTED[n])


@pytest.mark.parametrize("n", PRINTED)
def test_coverage_on_exchangeable_scores_has_the_law_of_the_book(n):
    """Scores are uniform, so that the coverage of a threshold is the threshold itself."""
    rng = np.random.default_rng(n)
    covered = np.array([conformal_of(rng.random(n)).threshold(0.1) for _ in range(2000)])
    low, high = band(n)
    inside = np.mean((covered >= low) & (covered <= high))
    assert inside == pytest.approx(0.98, abs=2.58 * np.sqrt(0.98 * 0.02 / 2000))
    assert covered.mean() >= 0.9 - 2.58 * covered.std() / np.sqrt(2000)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS, Task.REGRESSION])
def test_sets_cover_what_they_promise(dataset_of, task):
    """Uncalibrated outputs with a known fault, calibrated and scored on 1,000 rows, judged on 20,000 others."""
    dataset = dataset_of(str(task), rows=21_000, seed=5)
    rng = np.random.default_rng(0)
    x = dataset.X[:, 0].astype(float)
    if task is Task.REGRESSION:
        outputs = (0.5 * x + 0.1)[:, None]
    else:
        raw = np.exp(np.outer(2.0 * x, np.linspace(-1, 1, len(dataset.classes))) + 0.3 * rng.normal(size=(21_000, 1)))
        outputs = raw / raw.sum(axis=1, keepdims=True)
    seen, unseen = np.arange(1000), np.arange(1000, 21_000)
    found = conform(outputs[seen], dataset.rows(seen))
    assert found.n >= 990  # a label that lives across the cut between the halves is left out
    p = calibration_of(outputs[seen], dataset.rows(seen)).apply(outputs[unseen])
    sets = found.sets(p, alpha=0.1, task=task)
    y = dataset.y[unseen]
    if task is Task.REGRESSION:
        held = (y >= sets[:, 0]) & (y <= sets[:, 1])
    else:
        held = sets[np.arange(len(y)), np.searchsorted(dataset.classes, y)]
    low, high = band(1000)
    slack = 2.58 * np.sqrt(0.09 / 20_000)
    assert low - slack <= held.mean() <= high + slack
    assert np.array_equal(held, misfits(p, y, classes=dataset.classes) <= found.threshold(0.1))


@given(st.integers(1, 3000), st.floats(0.001, 0.999), st.integers(0, 1000))
def test_stored_scores_never_make_a_set_smaller_and_hardly_larger(n, alpha, seed):
    scores = np.random.default_rng(seed).random(n)
    rank = int(np.ceil((n + 1) * (1 - alpha)))
    limit = conformal_of(scores).threshold(alpha)
    if rank > n:
        assert limit == np.inf
    else:
        exact = np.sort(scores)[rank - 1]
        assert limit >= exact
        assert np.count_nonzero(scores <= limit) - rank < max(n / 1000, 1)


def test_levels_outside_of_reach_ask_for_everything_or_nothing():
    found = conformal_of(np.arange(10.0) / 10)
    assert found.threshold(0.05) == np.inf  # of ten rows nothing is known about one case in twenty
    assert found.threshold(0.0) == found.threshold(-0.3) == np.inf
    assert found.threshold(1.0) == found.threshold(1.2) == -np.inf
    p = np.array([[0.3, 0.7]])
    assert found.sets(p, alpha=-0.3, task=Task.BINARY).tolist() == [[True, True]]
    assert found.sets(p, alpha=1.2, task=Task.BINARY).tolist() == [[False, False]]
    assert np.isnan(found.sets(p[:, :1], alpha=1.2, task=Task.REGRESSION)).all()
    assert found.sets(p[:, :1], alpha=0.01, task=Task.REGRESSION).tolist() == [[-np.inf, np.inf]]
    assert Conformal().threshold(0.9) == np.inf


def test_labels_that_outlive_the_slice_leave_no_scores(dataset_of):
    dataset = dataset_of(rows=100, horizon=90)
    assert conform(np.full((100, 2), 0.5), dataset) == Conformal()


@pytest.mark.parametrize(
    "content",
    [
        {"n": 3, "scores": [0.1, 0.2]},
        {"n": 2, "scores": [0.2, 0.1]},
        {"n": 1, "scores": [float("nan")]},
        {"n": 2000, "scores": [0.1] * 2000},
    ],
)
def test_other_numbers_are_refused(content):
    with pytest.raises(ValueError, match="conformal"):
        Conformal.from_json(content)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_trained_model_gives_sets_and_reports_their_coverage(dataset_of, task, tmp_path):
    dataset = dataset_of(task, rows=1500)
    training = train(ModelSpec.of(dataset, family="logistic"), dataset)
    training.save(tmp_path / "artifact")
    model = load_model(tmp_path / "artifact")
    assert model.conformal == training.model.conformal
    rows = dataset.X[training.holdout.index].astype(float)
    rows[0, 0] = np.nan
    sets = model.prediction_set(rows)
    if task == "regression":
        assert sets.shape == (len(rows), 2)
        assert np.isnan(sets[0]).all()
        held = (sets[1:, 0] <= training.holdout.y[1:]) & (training.holdout.y[1:] <= sets[1:, 1])
    else:
        assert sets.shape == (len(rows), len(dataset.classes))
        assert sets.dtype == bool
        assert sets[0].all()
        held = sets[1:][np.arange(len(rows) - 1), np.searchsorted(dataset.classes, training.holdout.y[1:])]
    found = training.metrics["conformal"]
    assert found["calibration_rows"] == model.conformal.n > 200
    assert found["fixed"]["coverage"]["value"] == pytest.approx(held.mean(), abs=2 / len(rows))
    for kind in ("fixed", "adaptive"):
        assert found[kind]["coverage"]["value"] == pytest.approx(0.9, abs=0.08)
        assert found[kind]["coverage"]["low"] <= found[kind]["coverage"]["value"] <= found[kind]["coverage"]["high"]
    assert found["fixed"]["size"]["value"] > 0


def test_without_an_edge_most_sets_of_a_direction_hold_both(dataset_of):
    """One set in five names a side: it is right half of the time, which is the one miss in ten that is allowed."""
    dataset = dataset_of(rows=5000, strength=0.0)
    training = train(ModelSpec.of(dataset, family="logistic"), dataset, splits=WalkForward(100, 30, max_folds=2))
    sets = training.model.prediction_set(dataset.X[training.holdout.index])
    assert sets.all(axis=1).mean() == pytest.approx(0.8, abs=0.08)


def test_a_model_without_scores_is_kept_and_says_everything(dataset_of, tmp_path):
    dataset = dataset_of(rows=700)
    model = replace(train(ModelSpec.of(dataset, family="prior"), dataset).model, conformal=Conformal())
    sha256 = model.save(tmp_path / "artifact")
    again = load_model(tmp_path / "artifact", expected=sha256)
    assert again.sha256 == sha256
    assert again.prediction_set(dataset.X).all()
