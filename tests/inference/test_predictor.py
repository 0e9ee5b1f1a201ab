"""The predictor: batches equal single rows bit for bit, faults are named, the cache forgets the oldest."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.errors import ColumnsMismatch, ModelUnavailable
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.inference.cache import ModelCache
from alphaplus.inference.predictor import Predictor
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.registry.lifecycle import register
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore

HOUR = 3_600_000
COLUMNS = ("a", "b", "c", "d")
LABELS = {"binary": ("signal_direction", {"threshold": 0.0}), "regression": ("target_return", {})}


def dataset_of(task, rows=700, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows, 4))
    score = x[:, 0] + random.standard_normal(rows)
    as_of = (np.arange(rows, dtype=np.int64) + 400_000) * HOUR
    return Dataset(
        X=x.astype(np.float32),
        y=np.sign(score) if task == "binary" else score,
        as_of=as_of,
        span_end=as_of + HOUR,
        instrument_id=np.zeros(rows, dtype=np.int32),
        outcome=score / 100,
        last_return=x[:, 1] / 100,
        last_known=np.full(len(x), np.nan),
        missing_share=np.zeros(4),
        instruments=(Instrument("BTCUSDT"),),
        timeframe=Timeframe.H1,
        columns=COLUMNS,
        label=LabelSpec(LABELS[task][0], 1, LABELS[task][1]),
        feature_set="made",
        feature_set_hash="0" * 64,
    )


def version_of(task, artifacts, folder, *, family="lightgbm", seed=0):
    """Train, store and register one version."""
    dataset = dataset_of(task, seed=seed)
    params = {"rounds": 10} if family == "lightgbm" else {}
    training = train(ModelSpec.of(dataset, family=family, params=params, seed=seed), dataset)
    training.save(folder)
    address = artifacts.put(folder)
    name = dataset.label.name
    version = register(
        MemoryModelStore(),
        slot=Slot("technical_ml", "BTCUSDT", Timeframe.H1, "all", name, 1),
        training=training,
        artifact=address,
        size_bytes=artifacts.size(address),
        created_by="test",
        clock=FixedClock(1),
    )
    return replace(version, number=seed + 1), training, dataset


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    artifacts = FileArtifactStore(root / "artifacts")
    versions = {
        (task, family): version_of(task, artifacts, root / f"{task}{family}", family=family)
        for task in LABELS
        for family in ("lightgbm", "logistic")
    }
    return SimpleNamespace(artifacts=artifacts, versions=versions, root=root)


@pytest.fixture
def predictor(stored):
    return Predictor(stored.artifacts)


CASES = [(task, family) for task in LABELS for family in ("lightgbm", "logistic")]


def ask(predictor, version, dataset, rows=slice(None), **options):
    features = dataset.X[rows].astype(np.float64)
    return predictor.predict(version, features, COLUMNS, dataset.as_of[rows], "BTCUSDT", **options)


def without_time(predictions):
    return [replace(prediction, latency_ms=0.0) for prediction in predictions]


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_batch_is_its_rows_one_by_one_to_the_last_bit(stored, predictor, case):
    version, training, dataset = stored.versions[case]
    batch = ask(predictor, version, dataset, explain=True)
    single = [ask(predictor, version, dataset, slice(row, row + 1), explain=True)[0] for row in range(len(dataset))]
    assert without_time(batch) == without_time(single)
    assert [prediction.as_of for prediction in batch] == dataset.as_of.tolist()
    assert np.array_equal(
        [prediction.value for prediction in batch], training.model.values(training.model.predict(dataset.X))
    )


def test_a_prediction_says_who_what_and_when(stored, predictor):
    version, training, dataset = stored.versions["binary", "lightgbm"]
    found = ask(predictor, version, dataset, slice(5, 6))[0]
    assert (found.version, found.symbol, found.timeframe, found.as_of) == (1, "BTCUSDT", "1h", dataset.as_of[5])
    assert (found.target, found.horizon, found.role) == ("signal_direction", 1, "champion")
    assert sum(found.probabilities) == pytest.approx(1.0)
    assert found.value == found.probabilities[1]
    assert found.confidence == training.model.confidence(np.array([found.value]))[0]
    assert found.latency_ms > 0
    assert found.contributions == ()


def test_a_regression_has_a_value_and_no_probabilities(stored, predictor):
    version, _, dataset = stored.versions["regression", "logistic"]
    found = ask(predictor, version, dataset, slice(0, 1))[0]
    assert found.probabilities == ()
    assert found.target == "target_return"
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_contributions_are_sorted_and_add_up(stored, predictor, case):
    version, training, dataset = stored.versions[case]
    found = ask(predictor, version, dataset, slice(3, 4), explain=True)[0]
    sizes = [abs(part.contribution) for part in found.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert {part.column for part in found.contributions} == set(COLUMNS)
    rest = training.model.explain(dataset.X[3:4])[0, -1]
    total = sum(part.contribution for part in found.contributions) + rest
    assert total == pytest.approx(training.model.raw(dataset.X[3:4])[0], abs=1e-9)
    values = dict(zip(COLUMNS, dataset.X[3].astype(float), strict=True))
    assert all(part.value == values[part.column] for part in found.contributions)


def test_rows_with_missing_features_get_no_prediction(stored, predictor):
    version, _, dataset = stored.versions["binary", "lightgbm"]
    features = dataset.X[:4].astype(np.float64)
    features[1, 2] = np.nan
    features[3, 0] = np.inf
    found = predictor.predict(version, features, COLUMNS, dataset.as_of[:4], "BTCUSDT", explain=True)
    assert [prediction.as_of for prediction in found] == dataset.as_of[[0, 2]].tolist()
    assert predictor.predict(version, features[1:2], COLUMNS, dataset.as_of[1:2], "BTCUSDT") == []
    assert predictor.predict(version, features[:0], COLUMNS, dataset.as_of[:0], "BTCUSDT") == []


def test_columns_that_are_not_the_models_are_refused(stored, predictor):
    version, _, dataset = stored.versions["binary", "lightgbm"]
    features = dataset.X[:2].astype(np.float64)
    with pytest.raises(ColumnsMismatch, match="order"):
        predictor.predict(version, features, ("b", "a", "c", "d"), dataset.as_of[:2], "BTCUSDT")
    with pytest.raises(ColumnsMismatch, match="unknown"):
        predictor.predict(version, features, ("a", "b", "c", "x"), dataset.as_of[:2], "BTCUSDT")
    with pytest.raises(ColumnsMismatch, match="shape"):
        predictor.predict(version, features, COLUMNS, dataset.as_of[:3], "BTCUSDT")


def test_an_artefact_of_other_features_than_registered_is_refused(stored, predictor):
    version, _, dataset = stored.versions["binary", "lightgbm"]
    with pytest.raises(ColumnsMismatch, match="train again"):
        ask(predictor, replace(version, featureset_hash="1" * 64), dataset)


def test_missing_damaged_and_swapped_artefacts_are_unavailable(stored, tmp_path):
    version, _, dataset = stored.versions["binary", "lightgbm"]
    other, _, _ = stored.versions["binary", "logistic"]
    shutil.copytree(stored.root / "artifacts", tmp_path / "artifacts")
    predictor = Predictor(FileArtifactStore(tmp_path / "artifacts"))
    with pytest.raises(ModelUnavailable, match="lgb_btcusdt_1h"):
        ask(predictor, replace(version, artifact_uri=other.artifact_uri), dataset)
    with pytest.raises(ModelUnavailable):
        ask(predictor, replace(version, artifact_uri="0" * 64), dataset)
    path = predictor._cache._artifacts.open(version.artifact_uri) / "model.onnx"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        ask(predictor, version, dataset)


def test_the_cache_keeps_the_versions_used_last(stored):
    opened = []

    class Counting:
        def open(self, sha256):
            opened.append(sha256)
            return stored.artifacts.open(sha256)

    cache = ModelCache(Counting(), size=2)
    first, second, third = (stored.versions[case][0] for case in CASES[:3])
    for version in (first, second, first, third, first, second):
        cache.get(version)
        assert len(cache) <= 2
    addresses = [version.artifact_uri for version in (first, second, third, second)]
    assert opened == addresses  # the first stayed, being used in between; the second was loaded anew
