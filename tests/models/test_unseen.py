"""What a training says of its unseen predictions, for every task and way to split."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import EVENT, LabelSpec, Shape
from alphaplus.datasets.splits import CombinatorialPurged, PurgedKFold, WalkForward
from alphaplus.models.scoring import report, score
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train


def trained(dataset, *, splits=None, family="logistic"):
    return train(ModelSpec.of(dataset, family=family), dataset, splits=splits)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_metrics_hold_what_a_report_draws(dataset_of, task):
    dataset = dataset_of(task, rows=1200)
    training = trained(dataset, splits=WalkForward(15, 5))
    metrics = json.loads(json.dumps(dict(training.metrics), allow_nan=False))
    for part, rows in (("oos", training.oos), ("holdout", training.holdout)):
        curve = metrics[part]["reliability"]
        assert {len(values) for values in curve.values()} == {len(curve["count"])}
        assert sum(curve["count"]) == len(rows)
        if task == "regression":
            assert "confusion" not in metrics[part]
            continue
        found = metrics[part]["confusion"]
        called = rows.p.argmax(axis=1) if task == "multiclass" else (rows.predicted > 0.5).astype(int)
        truth = np.searchsorted(dataset.classes, rows.y) if task == "multiclass" else rows.actual.astype(int)
        assert found["counts"] == confusion_matrix(truth, called).tolist()
        assert found["classes"] == (list(dataset.classes) if task == "multiclass" else [0.0, 1.0])
    assert metrics["permutation"]["p_value"] == 0.001
    assert metrics["splits"]["forward"]
    assert "paths" not in metrics
    earned = metrics["efficiency"]
    assert earned["mean_return"] > 0.0
    assert earned["ratio"] == pytest.approx(earned["mean_return"] / earned["mean_return_seen"])
    assert earned["ratio"] == pytest.approx(1.0, abs=0.35)  # the signal is as strong later as it was before


def test_combinatorial_training_scores_every_series_and_is_no_evidence(dataset_of):
    training = trained(dataset_of(rows=1000), splits=CombinatorialPurged())
    paths = training.metrics["paths"]
    assert len(paths) == 5
    assert len(training.folds) == 15
    assert paths[0]["log_loss"] == pytest.approx(training.metrics["oos"]["model"]["log_loss"]["value"], rel=1e-12)
    assert len({path["log_loss"] for path in paths}) == 5
    scheme = {"name": "combinatorial", "blocks": 6, "tested": 2, "embargo_bars": None}
    told = {"name": "combinatorial", "forward": False, "folds": 15, "short_range": False, "scheme": scheme}
    assert training.metrics["splits"] == told
    again = trained(dataset_of(rows=1000), splits=PurgedKFold())
    assert again.model.sha256 == training.model.sha256  # how it is judged does not change the model
    assert "paths" not in again.metrics


def test_an_event_earns_nothing_by_itself(dataset_of, monkeypatch):
    monkeypatch.setattr(LabelSpec, "classes", EVENT.classes)
    monkeypatch.setattr(LabelSpec, "directional", False)
    made = dataset_of(rows=900)
    training = trained(replace(made, y=(made.y > 0).astype(float)))
    assert "efficiency" not in training.metrics
    assert training.metrics["oos"]["confusion"]["classes"] == [0.0, 1.0]


def test_forecasts_of_a_variance_are_scored_by_qlike_beside_their_baselines(dataset_of, monkeypatch):
    shape = Shape(Task.REGRESSION, directional=False, log_variance=True)
    for name in ("task", "classes", "directional", "log_variance"):
        monkeypatch.setattr(LabelSpec, name, getattr(shape, name))
    made = dataset_of("regression", rows=900)
    known = np.concatenate([[np.nan], made.y[:-1]])
    training = trained(replace(made, last_known=known))
    found = training.metrics["oos"]
    assert found["model"]["qlike"]["low"] < found["model"]["qlike"]["value"] < found["model"]["qlike"]["high"]
    assert found["model"]["qlike"]["value"] < found["baselines"]["base_rate"]["qlike"]
    assert found["baselines"]["base_rate"]["qlike"] == found["baselines"]["base_rate"]["base_qlike"]
    assert found["model"]["qlike"]["value"] < found["baselines"]["persistence"]["qlike"]
    assert report(training.oos, label=training.model.spec.label)["model"] == found["model"]
    point = score(training.oos, label=training.model.spec.label)
    assert point["qlike"] == pytest.approx(found["model"]["qlike"]["value"], rel=1e-12)
