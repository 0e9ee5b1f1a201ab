"""The artefact: plain files under one hash; every change is seen before anything of it is used."""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.errors import ArtifactCorrupt
from alphaplus.core.hashing import hash_bytes
from alphaplus.models.artifact import MANIFEST, load_model
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train

FILES = ["calibration.json", "columns.json", "model.onnx", "model.txt", "reference.npz", "spec.json"]


@pytest.fixture(scope="module")
def training(dataset_of):
    dataset = dataset_of(rows=700)
    return train(ModelSpec.of(dataset, family="lightgbm", params={"rounds": 10}), dataset)


@pytest.fixture
def folder(training, tmp_path):
    training.save(tmp_path / "artifact")
    return tmp_path / "artifact"


def reseal(folder):
    """What an attacker who may write the folder does: a manifest that fits the changed files."""
    entries = {name: (folder / name).read_bytes() for name in FILES}
    listed = {name: {"sha256": hash_bytes(content), "bytes": len(content)} for name, content in entries.items()}
    (folder / MANIFEST).write_text(json.dumps({"format": 1, "files": listed}))


def test_a_loaded_model_is_the_saved_one(training, folder):
    model, again = training.model, load_model(folder, expected=training.model.sha256)
    x = training.holdout.p  # any rows will do for shapes
    assert (again.spec.hash, again.columns, again.classes) == (model.spec.hash, model.columns, model.classes)
    assert (again.trained_from, again.trained_to, again.base) == (model.trained_from, model.trained_to, model.base)
    rows = np.random.default_rng(0).standard_normal((50, 5))
    assert np.array_equal(again.predict(rows), model.predict(rows))
    assert np.array_equal(again.explain(rows), model.explain(rows))
    assert np.array_equal(again.confidence(x[:, 1]), model.confidence(x[:, 1]))
    assert np.array_equal(again.reference.edges, model.reference.edges)
    assert again.sha256 == model.sha256


def test_the_folder_holds_plain_files_and_the_report_is_not_hashed(training, folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, MANIFEST, "report.json", "oos.npz"])
    (folder / "report.json").write_text("{}")
    (folder / "oos.npz").unlink()
    assert load_model(folder, expected=training.model.sha256).sha256 == training.model.sha256
    for path in folder.iterdir():
        assert str(Path.cwd()).encode() not in path.read_bytes()


def test_an_existing_file_is_never_overwritten(training, folder):
    with pytest.raises(FileExistsError):
        training.model.save(folder)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "link", "swap"])
def test_every_damage_to_every_file_is_found(training, folder, name, damage):
    path = folder / name
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-1])
    elif damage == "remove":
        path.unlink()
    elif damage == "link":
        shutil.move(path, folder / "elsewhere")
        os.symlink(folder / "elsewhere", path)
    else:
        other = folder / ("columns.json" if name != "columns.json" else "spec.json")
        swapped = other.read_bytes()
        other.write_bytes(content)
        path.write_bytes(swapped)
    with pytest.raises(ArtifactCorrupt):
        load_model(folder, expected=training.model.sha256)


def test_a_resealed_folder_is_not_the_registered_one(training, folder):
    (folder / "calibration.json").write_text((folder / "calibration.json").read_text().replace("base", "Base", 1))
    reseal(folder)
    with pytest.raises(ArtifactCorrupt, match="registered"):
        load_model(folder, expected=training.model.sha256)
    with pytest.raises(ArtifactCorrupt, match="cannot be understood"):
        load_model(folder)


class Bomb:
    """Unpickling it leaves a marker: proof that code of the file was run."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("name", FILES)
def test_a_pickle_bomb_in_place_of_any_file_is_never_executed(folder, tmp_path, name):
    marker = tmp_path / "executed"
    bomb = pickle.dumps(Bomb(marker))
    (folder / name).write_bytes(bomb)
    reseal(folder)
    with pytest.raises(ArtifactCorrupt):
        load_model(folder).explain(np.zeros((1, 5)))
    assert not marker.exists()
    pickle.loads(bomb)
    assert marker.exists()  # the bomb would have worked


def test_an_object_array_in_the_reference_is_never_unpickled(folder, tmp_path):
    marker = tmp_path / "executed"
    with (folder / "reference.npz").open("wb") as file:
        np.savez(file, edges=np.array([Bomb(marker)], dtype=object), shares=np.zeros(1), allow_pickle=True)
    reseal(folder)
    with pytest.raises(ArtifactCorrupt):
        load_model(folder)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "..", "a/b"])
def test_a_manifest_that_names_files_elsewhere_is_refused(folder, name):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][name] = {"sha256": "0", "bytes": 1}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ArtifactCorrupt, match="lists"):
        load_model(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "files": {}}', '{"format": 1, "files": {}}'])
def test_other_manifests_are_refused(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(ArtifactCorrupt):
        load_model(folder)


def test_loading_imports_no_trainer(training, folder):
    """Serving needs numpy and onnxruntime; the native model is read when an explanation is asked for."""
    import subprocess

    code = (
        "import sys, pathlib, numpy; from alphaplus.models.artifact import load_model;"
        f"m = load_model(pathlib.Path({str(folder)!r})); m.predict(numpy.zeros((1, 5)));"
        "print([n for n in ('lightgbm', 'sklearn', 'pandas', 'onnxmltools', 'torch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
