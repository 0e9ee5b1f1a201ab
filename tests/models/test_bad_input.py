"""Bad input to every family: each is a clear error of its own kind, and nothing of it is kept."""

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.errors import (
    ArtifactCorrupt,
    ColumnsMismatch,
    ConfigError,
    DataError,
    MissingExtra,
    ModelUnavailable,
    NotEnoughSamples,
    SingleClass,
    TrainingError,
)
from alphaplus.core.hashing import hash_bytes
from alphaplus.features.frame import FeatureFrame
from alphaplus.inference.cache import ModelCache
from alphaplus.inference.predictor import predict_rows
from alphaplus.models import artifact
from alphaplus.models.artifact import load_model
from alphaplus.models.family import families, get_family
from alphaplus.models.fit import fit
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.registry.lifecycle import register
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore

LEARNING = [name for name in families() if get_family(name).tasks]
BOOSTED = ("lightgbm", "xgboost", "catboost")


def spec_of(dataset, family):
    return ModelSpec.of(dataset, family=family, params={"rounds": 5} if family in BOOSTED else None)


def changed(dataset, **values):
    return replace(dataset, **{name: change(getattr(dataset, name).copy()) for name, change in values.items()})


def with_value(value):
    def put(x):
        x[17, 2] = value
        return x

    return put


def all_missing(x):
    x[:, 2] = np.nan
    return x


BAD = {
    "too few rows": ("binary", lambda d: d.rows(slice(0, 49)), NotEnoughSamples, "49 rows"),
    "one class": ("binary", lambda d: changed(d, y=np.ones_like), SingleClass, r"\[-1.0\] do not occur"),
    "a class is missing": ("multiclass", lambda d: changed(d, y=np.abs), SingleClass, r"\[-1.0\] do not occur"),
    "constant label": ("regression", lambda d: changed(d, y=lambda y: np.full_like(y, 0.5)), SingleClass, "is 0.5 in"),
    "an empty column": ("binary", lambda d: changed(d, X=all_missing), DataError, "column_2"),
    "one missing value": ("regression", lambda d: changed(d, X=with_value(np.nan)), DataError, "column_2"),
    "infinity": ("multiclass", lambda d: changed(d, X=with_value(np.inf)), DataError, "infinite values in column_2"),
    "minus infinity": ("binary", lambda d: changed(d, X=with_value(-np.inf)), DataError, "column_2"),
    "a label that is no number": (
        "regression",
        lambda d: changed(d, y=lambda y: np.where(np.arange(len(y)) == 3, np.inf, y)),
        DataError,
        "the label",
    ),
}


@pytest.mark.parametrize("case", list(BAD))
@pytest.mark.parametrize("family", LEARNING)
def test_rows_that_cannot_be_learned_from_are_refused_by_name(dataset_of, family, case):
    task, spoil, error, words = BAD[case]
    dataset = dataset_of(task, rows=200)
    with pytest.raises(error, match=words):
        fit(spec_of(dataset, family), spoil(dataset))


@pytest.mark.parametrize("family", LEARNING)
def test_columns_that_say_nothing_give_the_base_rate_or_a_clear_error(dataset_of, family):
    dataset = changed(dataset_of(rows=400), X=np.ones_like)
    try:
        p = fit(spec_of(dataset, family), dataset).predict(dataset.X)
    except TrainingError as error:
        assert "constant" in str(error)  # noqa: PT017  # either is right
    else:
        np.testing.assert_allclose(p[:, 1], np.mean(dataset.y > 0), atol=0.02)


def test_a_family_of_foreign_models_learns_nothing(dataset_of):
    dataset = dataset_of(rows=200)
    with pytest.raises(ConfigError, match="models import"):
        fit(spec_of(dataset, "onnx"), dataset)


@pytest.fixture(scope="module", params=LEARNING)
def kept(request, dataset_of, tmp_path_factory):
    """A version of each family with the stores it lies in."""
    dataset = dataset_of(rows=700)
    training = train(spec_of(dataset, request.param), dataset)
    home = tmp_path_factory.mktemp("home")
    training.save(home / "folder")
    artifacts = FileArtifactStore(home / "artifacts")
    version = register(
        MemoryModelStore(),
        slot=Slot("technical_ml", "BTCUSDT", Timeframe.H1, "all", "signal_direction", 1),
        training=training,
        artifact=artifacts.put(home / "folder"),
        size_bytes=0,
        created_by="test",
        clock=FixedClock(0),
    )
    return training, version, artifacts


def test_features_of_another_set_are_refused(kept):
    training, version, artifacts = kept
    times = np.arange(3, dtype=np.int64) * Timeframe.H1.ms
    names = ("column_0", "column_1", "column_2", "column_3", "other")
    frame = FeatureFrame(Instrument("BTCUSDT"), Timeframe.H1, names, times, np.zeros((3, 5)))
    with pytest.raises(ColumnsMismatch, match=r"missing \['column_4'\], unknown \['other'\]"):
        training.model.predict(frame)
    swapped = replace(frame, columns=tuple(reversed(training.model.columns)))
    with pytest.raises(ColumnsMismatch, match="another order"):
        training.model.predict(swapped)
    with pytest.raises(ColumnsMismatch, match="expected"):
        training.model.predict(np.zeros((3, 4)))
    with pytest.raises(ColumnsMismatch, match="other features than the registry says"):
        ModelCache(artifacts, size=1).get(replace(version, featureset_hash="1" * 64))


def test_every_damage_to_every_file_keeps_the_version_from_serving(kept):
    _, version, artifacts = kept
    folder = artifacts.open(version.artifact_uri)
    names = sorted(path.name for path in folder.iterdir())
    assert get_family(version.family).native_file in names
    for name in names:
        path = folder / name
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[: len(whole) // 2], b"", flipped(whole)):
            path.write_bytes(damaged)
            with pytest.raises(ModelUnavailable, match="cannot be loaded"):
                ModelCache(artifacts, size=1).get(version)
            path.write_bytes(whole)
    assert ModelCache(artifacts, size=1).get(version).sha256 == version.sha256


def flipped(content):
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


class Bomb:
    """Unpickling it leaves a marker."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_a_pickle_in_place_of_a_model_is_never_executed(kept, tmp_path):
    """Also where the manifest was made to fit it: an artefact that is loaded without a registry."""
    training, version, _ = kept
    for name in ("model.onnx", get_family(version.family).native_file):
        marker = tmp_path / f"executed {name}"
        folder = tmp_path / name
        training.model.save(folder)
        bomb = pickle.dumps(Bomb(marker))
        (folder / name).write_bytes(bomb)
        manifest = (folder / artifact.MANIFEST).read_text()
        own = {"model.onnx": training.model.onnx}.get(name, training.model.native)
        (folder / artifact.MANIFEST).write_text(manifest.replace(hash_bytes(own), hash_bytes(bomb)))
        with pytest.raises(ArtifactCorrupt):
            load_model(folder).explain(np.zeros((1, 5)))
        assert not marker.exists()


def test_a_version_without_its_library_predicts_and_says_what_it_lacks(dataset_of, monkeypatch, tmp_path, caplog):
    dataset = dataset_of(rows=700)
    training = train(spec_of(dataset, "catboost"), dataset)
    sha256 = training.model.save(tmp_path / "artifact")

    def absent(module, *, extra):
        raise MissingExtra(f"{module} is not installed", hint=f"pip install 'alphaplus[{extra}]'")

    monkeypatch.setattr("alphaplus.models.families.catboost.require", absent)
    model = load_model(tmp_path / "artifact", expected=sha256)
    said = predict_rows(model, dataset.X[:3].astype(float), dataset.as_of[:3], "BTCUSDT", explain=True)
    assert [prediction.contributions for prediction in said] == [(), (), ()]
    assert "without contributions" in caplog.text
    with pytest.raises(MissingExtra, match="catboost"):
        model.explain(dataset.X[:3])
    with pytest.raises(MissingExtra, match="catboost"):
        fit(spec_of(dataset, "catboost"), dataset)
