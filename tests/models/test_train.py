"""A training: what is held out stays out, the back ends agree, the same seed gives the same artefact."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, NotEnoughSamples, ParityError, SingleClass
from alphaplus.core.parallel import Backend
from alphaplus.datasets.splits import WalkForward, holdout
from alphaplus.evaluation.evidence import UNTOUCHED
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.models.validate import fit_calibrated, validate

SPLITS = WalkForward(train_days=20, test_days=5)
FAST = {family: {"rounds": 15} for family in ("lightgbm", "xgboost", "catboost")} | {"isolation_forest": {"trees": 20}}
FITTING = ["lightgbm", "xgboost", "catboost", "logistic", "prior", "isolation_forest"]


def spec_of(dataset, family="lightgbm", seed=0):
    return ModelSpec.of(dataset, family=family, params=FAST.get(family), seed=seed)


@pytest.mark.parametrize("family", ["lightgbm", "xgboost", "catboost", "logistic"])
def test_the_same_seed_gives_the_same_artefact_on_every_back_end(dataset_of, family, tmp_path):
    dataset = dataset_of(rows=800)
    hashes, rows = set(), []
    for backend in (Backend.SEQUENTIAL, Backend.THREADS, Backend.PROCESSES):  # Ray: tests/models/test_ray.py
        training = train(spec_of(dataset, family), dataset, splits=SPLITS, backend=backend, workers=2)
        hashes.add(training.save(tmp_path / backend))
        rows.append(training.oos.p)
    assert len(hashes) == 1
    assert all(np.array_equal(rows[0], other) for other in rows[1:])


def test_another_seed_gives_another_artefact(dataset_of):
    dataset = dataset_of(rows=700)
    assert (
        train(spec_of(dataset, seed=1), dataset).model.sha256 != train(spec_of(dataset, seed=2), dataset).model.sha256
    )


@pytest.mark.parametrize("family", FITTING)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_untouched_slice_changes_nothing_that_was_fitted(dataset_of, family, task):
    """Methodology 2: multiply the test block by 1000; the fitted state's hash must not change."""
    dataset = dataset_of(task, rows=900, horizon=3)
    before = train(spec_of(dataset, family), dataset)
    test = holdout(dataset).test
    poisoned = replace(dataset, X=dataset.X.copy(), y=dataset.y.copy(), outcome=dataset.outcome.copy())
    poisoned.X[test] *= 1000
    poisoned.outcome[test] *= -1000
    poisoned.y[test] = np.roll(dataset.y[test], 7)
    after = train(spec_of(poisoned, family), poisoned)
    assert after.model.sha256 == before.model.sha256
    assert np.array_equal(after.oos.p, before.oos.p)
    assert after.metrics["holdout"] != before.metrics["holdout"]


@pytest.mark.parametrize("family", ["lightgbm", "logistic", "prior", "isolation_forest"])
def test_a_test_block_changes_nothing_that_its_fold_fitted(dataset_of, family):
    dataset = dataset_of(rows=1200, horizon=3)
    folds = SPLITS.split(dataset)
    for fold in (folds[0], folds[-1]):
        poisoned = replace(dataset, X=dataset.X.copy(), y=dataset.y.copy())
        poisoned.X[fold.test] *= 1000
        poisoned.y[fold.test] *= -1
        first, second = (fit_calibrated(spec_of(rows, family), rows, fold.train) for rows in (dataset, poisoned))
        assert first.fitted.native() == second.fitted.native()
        assert first.calibration == second.calibration


def test_no_training_row_knows_the_test_block(dataset_of):
    dataset = dataset_of(rows=1200, horizon=24)
    training = train(spec_of(dataset), dataset)
    assert training.model.trained_to < training.holdout.as_of.min()
    assert training.oos.span_end.max() < training.holdout.as_of.min()
    report = validate(spec_of(dataset), dataset, splits=SPLITS)
    for fold in SPLITS.split(dataset):
        assert dataset.span_end[fold.train].max() < fold.start
    assert np.array_equal(report.oos.index, np.sort(report.oos.index))


def test_rows_are_predicted_once_with_their_baselines(dataset_of):
    dataset = dataset_of(rows=1200)
    training = train(spec_of(dataset), dataset, splits=SPLITS)
    rows = training.evidence_rows
    assert len(np.unique(rows.index)) == len(rows) == len(training.oos) + len(training.holdout)
    assert set(rows.fold.tolist()) == {UNTOUCHED, *range(len(training.folds))}
    assert np.array_equal(rows.y, dataset.y[rows.index])
    assert np.array_equal(rows.actual, dataset.up[rows.index], equal_nan=True)
    assert np.array_equal(rows.predicted, rows.p[:, 1])
    for name in ("base_rate", "persistence", "one_lag"):
        values = getattr(rows, name)
        assert np.all((values > 0) & (values < 1))
    first = rows.rows(rows.fold == 0)
    assert np.ptp(first.base_rate) == 0.0


def test_a_signal_is_found_and_scored_beside_the_baselines(dataset_of):
    dataset = dataset_of(rows=1500)
    metrics = train(spec_of(dataset), dataset).metrics
    for part in ("oos", "holdout"):
        model = metrics[part]["model"]
        assert model["roc_auc"]["low"] > 0.6
        assert model["roc_auc"]["low"] < model["roc_auc"]["value"] < model["roc_auc"]["high"]
        assert metrics[part]["baselines"]["base_rate"]["roc_auc"] == pytest.approx(0.5, abs=0.1)
        assert model["skill"]["value"] > metrics[part]["baselines"]["one_lag"]["skill"]
    assert metrics["parity"]["max_error"] <= 1e-5


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_summary_is_plain_json(dataset_of, task):
    dataset = dataset_of(task, rows=700)
    training = train(spec_of(dataset), dataset)
    content = json.loads(json.dumps(training.summary(), allow_nan=False))
    assert len(content["folds"]) == len(training.folds) >= 6
    assert content["spec"]["label"]["params"] == dataset.label.resolved
    assert ("classes" in content["metrics"]["oos"]) is (dataset.task is Task.MULTICLASS)


def test_a_short_range_is_said_once_and_kept_in_the_metrics(dataset_of, caplog):
    dataset = dataset_of(rows=700)
    short = train(spec_of(dataset, "prior"), dataset)  # 180 and 30 days do not fit into 29
    said = short.summary()["metrics"]["splits"]
    assert (said["name"], said["forward"], said["folds"], said["short_range"]) == ("walk_forward", True, 6, True)
    assert [record.message for record in caplog.records] == ["range too short for the usual folds"]
    caplog.clear()
    usual = train(spec_of(dataset, "prior"), dataset, splits=WalkForward(train_days=10, test_days=2))
    said = usual.metrics["splits"]
    assert (said["folds"], said["short_range"], said["scheme"]["train_days"]) == (len(usual.folds), False, 10)
    assert not caplog.records


def test_copies_of_a_symbol_do_not_add_evidence(dataset_of):
    one = dataset_of(rows=900, horizon=3)
    rows = ("X", "y", "as_of", "span_end", "outcome", "last_return", "last_known")
    four = replace(
        one,
        **{name: np.repeat(getattr(one, name), 4, axis=0) for name in rows},
        instrument_id=np.tile(np.arange(4, dtype=np.int32), len(one)),
        instruments=tuple(replace(one.instruments[0], symbol=name) for name in "ABCD"),
    )
    alone, panel = train(spec_of(one, "prior"), one), train(spec_of(four, "prior"), four)
    for part in ("oos", "holdout"):
        assert panel.metrics[part]["rows"] == pytest.approx(4 * alone.metrics[part]["rows"], abs=8)
        assert panel.metrics[part]["n_eff"] == pytest.approx(alone.metrics[part]["n_eff"], rel=0.02)
    assert [fold.n_eff for fold in panel.folds] == pytest.approx([fold.n_eff for fold in alone.folds], rel=0.05)


def test_progress_is_told_stage_by_stage(dataset_of):
    class Watch:
        def __init__(self):
            self.seen = []

        def stage(self, name, total=None):
            self.seen.append((name, total))

        def advance(self, done, note=""):
            self.seen.append(done)

    dataset = dataset_of(rows=700)
    watch = Watch()
    train(spec_of(dataset, "prior"), dataset, progress=watch)
    assert watch.seen == [("folds and final fits", 7), 1, 2, 3, 4, 5, 6, 7]


def test_too_few_rows_and_single_classes_are_refused(dataset_of):
    small = dataset_of(rows=400)
    with pytest.raises(NotEnoughSamples):
        train(spec_of(small), small)
    one_sided = dataset_of(rows=700)
    one_sided.y[:] = 1.0
    with pytest.raises(SingleClass, match=r"\[-1.0\]"):
        train(spec_of(one_sided), one_sided)


def test_a_spec_of_another_dataset_is_refused(dataset_of):
    dataset = dataset_of(rows=700)
    with pytest.raises(ConfigError, match="feature_set_hash"):
        train(replace(spec_of(dataset), feature_set_hash="1" * 64), dataset)
    with pytest.raises(ConfigError, match="label"):
        train(replace(spec_of(dataset), label=replace(dataset.label, horizon=2)), dataset)


def test_an_export_that_differs_is_no_model(dataset_of, monkeypatch):
    from alphaplus.models.families.logistic import FittedLinear

    dataset = dataset_of(rows=700)
    native = FittedLinear.predict
    monkeypatch.setattr(FittedLinear, "predict", lambda self, x: native(self, x) + 1e-3)
    with pytest.raises(ParityError):
        train(spec_of(dataset, "logistic"), dataset)


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from conftest import make_dataset
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
dataset = make_dataset("multiclass", rows=700)
print(train(ModelSpec.of(dataset, family={family!r}, seed=3), dataset).model.sha256)
"""


@pytest.mark.parametrize(
    ("family", "hash_seed"),
    [
        *(("lightgbm", seed) for seed in ("0", "1", "2", "77")),
        *((family, seed) for family in ("xgboost", "catboost") for seed in ("1", "77")),
        *((family, "77") for family in ("logistic", "prior", "isolation_forest")),
    ],
)
def test_other_processes_give_the_same_artefact(dataset_of, family, hash_seed):
    """With another order of sets and dictionaries of hashes, and another number of threads for BLAS."""
    dataset = dataset_of("multiclass", rows=700)
    expected = train(ModelSpec.of(dataset, family=family, seed=3), dataset).model.sha256
    script = SCRIPT.format(folder=str(Path(__file__).parent), family=family)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == expected
