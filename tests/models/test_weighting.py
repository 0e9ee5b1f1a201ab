"""Weighted fits: balanced classes are undone in what a model says, and old rows fade."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.datasets.weights import Weighting
from alphaplus.models.artifact import load_model
from alphaplus.models.calibrate import Calibration
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.models.validate import fit_calibrated

BALANCED = Weighting(balance_classes=True)


def rare(dataset, weighting):
    """The same rows with ups of one in ten; of three classes the highest and the lowest tenth."""
    score = dataset.outcome / 0.01
    low, high = np.quantile(score, [0.1, 0.9])
    ups = score > high
    y = np.where(ups, 1.0, np.where(score < low, -1.0, 0.0) if len(dataset.classes) == 3 else -1.0)
    return replace(dataset, y=y, weighting=weighting)


def spec_of(dataset, family):
    params = {"rounds": 30} if family == "lightgbm" else None
    return ModelSpec.of(dataset, family=family, params=params)


@pytest.mark.parametrize("family", ["logistic", "lightgbm", "prior"])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_what_a_balanced_model_says_is_as_frequent_as_it_says(dataset_of, family, task):
    balanced, usual, new = (
        rare(dataset_of(task, rows=rows, seed=seed), weighting)
        for rows, seed, weighting in ((4_000, 0, BALANCED), (4_000, 0, Weighting()), (20_000, 1, Weighting()))
    )
    y = np.searchsorted(new.classes, new.y)
    loss = {}
    for dataset in (balanced, usual):
        calibrated = fit_calibrated(spec_of(dataset, family), dataset, np.arange(4_000))
        raw, p = calibrated.fitted.predict(new.X).mean(axis=0), calibrated.predict(new.X)
        assert p.sum(axis=1) == pytest.approx(1.0)
        shares = np.bincount(y) / len(y)
        error = 3.0 * np.sqrt(shares * (1.0 - shares) / len(calibrated.fit_rows))
        assert (np.abs(p.mean(axis=0) - shares) < error).all()
        assert (raw[-1] > 0.3) == (dataset is balanced)  # it learned from classes of equal weight
        loss[dataset.weighting] = -np.mean(np.log(p[np.arange(len(p)), y]))
    assert loss[BALANCED] == pytest.approx(loss[Weighting()], abs=0.005)


@pytest.mark.parametrize(("task", "left"), [("binary", False), ("multiclass", True)])
def test_weights_of_large_moves_are_taken_back_by_the_calibration_of_two_classes(dataset_of, task, left):
    """Ups are three times as large as downs. A line moves probabilities, the temperature of three classes does not."""
    dataset = dataset_of(task, rows=6_000, strength=0.5)
    size = np.random.default_rng(5).exponential(np.where(dataset.y > 0, 2.0, np.where(dataset.y < 0, 0.7, 0.2)))
    moved = np.where(dataset.y > 0, 0.01, -0.01) * size
    weighted = replace(dataset, outcome=moved, weighting=Weighting(by_return=True))
    calibrated = fit_calibrated(spec_of(weighted, "logistic"), weighted, np.arange(4_800))
    later = weighted.rows(np.arange(4_800, 6_000))
    share = np.mean(later.y == 1.0)
    assert calibrated.fitted.predict(later.X)[:, -1].mean() > share + 0.15
    assert (calibrated.predict(later.X)[:, -1].mean() > share + 0.05) == left


@pytest.mark.parametrize("rows", [300, 3_000])
def test_a_short_calibration_slice_does_not_keep_half_of_the_balance(dataset_of, rows):
    """The prior of the line pulls towards no change; the shares of the fitted rows are taken back before it."""
    dataset = rare(dataset_of("binary", rows=rows), BALANCED)
    calibrated = fit_calibrated(spec_of(dataset, "logistic"), dataset, np.arange(rows))
    plain = replace(dataset, weighting=Weighting())
    usual = fit_calibrated(spec_of(plain, "logistic"), plain, np.arange(rows))
    new = rare(dataset_of("binary", rows=20_000, seed=1), BALANCED)
    assert calibrated.predict(new.X)[:, 1].mean() == pytest.approx(usual.predict(new.X)[:, 1].mean(), abs=0.02)


def test_balance_is_kept_with_the_model(dataset_of, tmp_path):
    dataset = rare(dataset_of("multiclass", rows=1_500), BALANCED)
    training = train(spec_of(dataset, "logistic"), dataset)
    training.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.calibration == training.model.calibration
    assert again.calibration.shares == pytest.approx([0.1, 0.8, 0.1], abs=0.03)
    assert np.array_equal(again.predict(dataset.X[:50]), training.model.predict(dataset.X[:50]))
    assert again.base == pytest.approx(0.5, abs=0.03)  # P(up) + P(hold)/2, not that of equal classes by chance
    binary = rare(dataset_of("binary", rows=1_500), BALANCED)
    assert train(spec_of(binary, "logistic"), binary).model.base == pytest.approx(0.1, abs=0.03)


def test_shares_are_read_only_as_they_were_written():
    kept = Calibration("platt", (1.0, 0.0), (0.9, 0.1))
    assert Calibration.from_json(json.loads(json.dumps(kept.to_json()))) == kept
    assert "shares" not in Calibration("platt", (1.0, 0.0)).to_json()
    for shares in ([0.0, 1.0], [-0.1, 1.1], [float("nan"), 0.5]):
        with pytest.raises(ValueError, match="shares"):
            Calibration.from_json({"method": "identity", "values": [], "shares": shares})


def test_shares_are_what_equal_weights_took_away():
    """Elkan (2001): an even model of a class of one in ten says one in ten."""
    even = Calibration("identity", shares=(0.9, 0.1))
    assert even.apply(np.array([[0.5, 0.5], [0.1, 0.9]])) == pytest.approx(np.array([[0.9, 0.1], [0.5, 0.5]]))


@pytest.mark.parametrize("family", ["logistic", "lightgbm"])
def test_what_old_rows_taught_fades(dataset_of, family):
    """A market that turns round half way: with a half-life of days a model follows the newer half."""
    dataset = dataset_of("binary", rows=3_000)
    turned = replace(dataset, y=np.where(np.arange(3_000) < 2_000, -dataset.y, dataset.y))
    ups = {}
    for days in (None, 5.0):
        rows = replace(turned, weighting=Weighting(half_life_days=days))
        fitted = fit_calibrated(spec_of(rows, family), rows, np.arange(3_000)).fitted
        ups[days] = np.corrcoef(fitted.predict(rows.X)[:, 1], rows.X[:, 0])[0, 1]
    assert ups[None] < 0.0 < ups[5.0]
    assert dataset.task is Task.BINARY
