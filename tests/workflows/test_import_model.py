"""Models from elsewhere: every format becomes a version, scored on later bars alone; what is wrong changes nothing."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import re
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage
from alphaplus.core.errors import (
    AlphaPlusError,
    ConfigError,
    ModelRefused,
    NotEnoughSamples,
    ParityError,
    SingleClass,
    Unexplained,
)
from alphaplus.core.parallel import Backend
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.splits import split_calibration
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.inference.predictor import Predictor
from alphaplus.market.sources.simulated import simulate
from alphaplus.models import quarantine
from alphaplus.models.adopt import SCORED
from alphaplus.models.artifact import load_model
from alphaplus.models.conformal import conformal_of, misfits
from alphaplus.models.foreign import read_foreign
from alphaplus.models.quarantine import Expected, open_foreign
from alphaplus.registry.lifecycle import next_stage
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.trading.observation import model_columns
from alphaplus.trading.pipeline import _with_models
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.evaluate import evaluate
from alphaplus.workflows.import_model import ImportModelRequest, import_model
from alphaplus.workflows.train import TrainRequest, train
from alphaplus.workflows.trials import trials_of
from alphaplus.workflows.validation_page import render
from alphaplus.workflows.validation_report import validation_report

BARS = simulate("M1", bars=4_000, seed=1, symbol="AAA")
COLUMNS = ("rsi_14", "return_1", "atr_14_to_close")  # in no order that a named set has
LABEL = LabelSpec("signal_direction", 1, {"threshold": 0.0})
TRAINED_TO = int(BARS.close_time[2_000])
FORMATS = ["model.txt", "model.json", "model.ubj", "model.cbm", "model.onnx"]


class Forgetful:
    """A journal that keeps nothing."""

    def trained(self, version, summary, recipe=None):
        pass


@pytest.fixture
def ports(tmp_path, compiled):
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").symlink_to(compiled, target_is_directory=True)
    ports = Ports(
        bars=MemoryBarStore(),
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=Forgetful(),
        clock=FixedClock(1_735_689_600_000),
        settings=Settings(parallel=Backend.THREADS, home=home),
        progress=Silent(),
    )
    ports.bars.append(BARS)
    return ports


@pytest.fixture(scope="module")
def dataset(compiled):
    return assemble([BARS], FeatureSet("columns", COLUMNS), LABEL, cache_folder=compiled)


@pytest.fixture(scope="module")
def files(dataset, tmp_path_factory):
    """One model in every format, trained by the libraries themselves on the rows before; how each predicts."""
    import catboost
    import lightgbm
    import xgboost
    from onnxmltools.convert import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    folder = tmp_path_factory.mktemp("files")
    seen = dataset.span_end <= TRAINED_TO
    x, y = dataset.X[seen], (dataset.y[seen] > 0).astype(int)
    light = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, y, params={"verbose": -1}), 20
    )
    light.save_model(folder / "model.txt")
    extreme = xgboost.train({"objective": "binary:logistic", "max_depth": 3, "nthread": 1}, xgboost.DMatrix(x, y), 20)
    for name in ("model.json", "model.ubj"):
        extreme.save_model(folder / name)
    cat = catboost.CatBoostClassifier(iterations=20, depth=3, allow_writing_files=False, logging_level="Silent")
    cat.fit(x, y).save_model(str(folder / "model.cbm"))
    graph = convert_lightgbm(light, initial_types=[("features", FloatTensorType([None, 3]))], target_opset=15)
    assert graph.graph.node[-1].op_type == "ZipMap"  # as it comes, with labels and dictionaries
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    says = {
        "model.txt": light.predict,
        "model.json": lambda rows: extreme.predict(xgboost.DMatrix(rows)),
        "model.cbm": lambda rows: cat.predict_proba(rows)[:, 1],
    }
    return folder, says | {"model.ubj": says["model.json"], "model.onnx": light.predict}


def asked(file, **changes):
    given = {"columns": COLUMNS, "horizon": 1, "threshold": 0.0, "trained_to": TRAINED_TO, "symbols": ("AAA",)}
    return ImportModelRequest(file=file, **(given | changes))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_becomes_a_version_that_says_what_the_library_says(ports, files, dataset, name):
    folder, says = files
    version, training = import_model(asked(folder / name), ports)
    assert version.stage is Stage.STAGING
    assert version.spec.features.columns == COLUMNS
    assert str(version.slot) == "technical_ml/AAA/1h/all/signal_direction/1"
    [event] = ports.models.audit()
    assert (event.action, event.reason) == ("register", "imported")
    model = load_model(ports.artifacts.open(version.artifact_uri), expected=version.sha256)
    worst = np.abs(model.session.run(dataset.X)[:, 1] - says[name](dataset.X))
    if name == "model.onnx":  # as it was made: with thresholds that are not quite the library's
        assert np.mean(worst > 1e-5) < 0.01
    else:
        assert worst.max() < 1e-5
    rows = training.evidence_rows
    assert rows.as_of.min() > version.trained_to > TRAINED_TO
    assert training.metrics["imported"]["calibration"] == "platt"
    assert len(training.folds) == 6
    assert np.all(np.diff(rows.as_of) > 0)
    p = model.predict(dataset.X[rows.index])
    assert np.array_equal(rows.p, p)


def test_an_imported_version_is_judged_and_serves_by_its_own_columns(ports, files):
    folder, _ = files
    version, _ = import_model(asked(folder / "model.json"), ports)
    gates = {(gate.gate, gate.name): gate for gate in evaluate(version, ports).gates}
    for name in ("artifact", "features", "parity", "leakage", "effective samples"):
        assert gates["G0", name].passed, gates["G0", name]
    frame = compute_features(BARS, version.spec.features, cache_folder=ports.settings.cache_folder)
    said = Predictor(ports.artifacts).predict(
        version, frame.values[-5:], model_columns(version), frame.close_time[-5:], "AAA", explain=True
    )
    assert len(said) == 5
    text = re.sub(r"<[^>]+>", " ", render(validation_report(version, ports)))
    assert re.search(r"Trained elsewhere\s+until \d{4}-\d\d-\d\d \d\d:\d\d UTC, as who brought it says", text)
    assert "Trained on" not in text
    assert all(len(prediction.contributions) == 3 for prediction in said)
    served = _with_models(["close_to_ema_20"], [replace(version.spec, columns=("cvd_slope_20", "no_such"))])
    assert "cvd_slope_20" in served.columns
    assert "no_such" not in served.columns


def test_every_file_is_a_spec_of_its_own(ports, files):
    """What was trained elsewhere is no refresh of what was trained here, nor of another file: each is a trial."""
    folder, _ = files
    ours, _ = train(TrainRequest(features="lean", horizon=1, threshold=0.0, symbols=("AAA",)), ports)
    light = _lightgbm_of("lean", ports)
    versions = []
    for trees in (5, 10):
        path = folder / f"{trees}-trees.txt"
        light(trees).save_model(path)
        versions.append(import_model(asked(path, columns=(), features="lean"), ports)[0])
    one, other = versions
    assert len({ours.spec.hash, one.spec.hash, other.spec.hash}) == 3
    assert {one.spec.features, other.spec.features} == {ours.spec.features}
    assert trials_of(one.slot, ports) == 3
    assert next_stage(other, replace(ours, stage=Stage.PRODUCTION)) is Stage.SHADOW
    assert load_model(ports.artifacts.open(one.artifact_uri)).spec.hash == one.spec.hash


def _lightgbm_of(features, ports):
    """Trains so many trees on a named set, as somebody elsewhere would."""
    import lightgbm

    dataset = assemble([BARS], feature_set(features), LABEL, cache_folder=ports.settings.cache_folder)
    seen = dataset.span_end <= TRAINED_TO
    quiet = {"objective": "binary", "verbose": -1, "num_threads": 1}
    rows = lightgbm.Dataset(dataset.X[seen], (dataset.y[seen] > 0).astype(int), params=quiet, free_raw_data=False)
    return lambda trees: lightgbm.train(quiet, rows, trees)


def test_code_beside_the_file_is_not_run(ports, files, tmp_path, monkeypatch):
    """Files are imported from folders that others filled: a module there must not pass for one of the library."""
    folder, _ = files
    for name in ("numpy.py", "json.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    (tmp_path / "model.txt").write_bytes((folder / "model.txt").read_bytes())
    monkeypatch.chdir(tmp_path)
    opened = open_foreign(read_foreign(tmp_path / "model.txt"), Expected(columns=3, outputs=2))
    assert opened.native
    assert not (tmp_path / "ran").exists()


def test_an_onnx_file_predicts_and_cannot_explain(ports, files, dataset):
    folder, _ = files
    version, _ = import_model(asked(folder / "model.onnx"), ports)
    model = load_model(ports.artifacts.open(version.artifact_uri))
    with pytest.raises(Unexplained, match="cannot explain"):
        model.explain(dataset.X[:3])
    assert not any(model.importance().values())


def test_a_short_stretch_of_later_rows_is_not_calibrated_on(ports, files):
    """Labels a day long: 100 rows to calibrate on are worth four."""
    folder, _ = files
    late = int(BARS.close_time[-700])
    label = LabelSpec("signal_direction", 24, {"threshold": 0.0})
    dataset_of_a_day = assemble([BARS], FeatureSet("columns", COLUMNS), label, cache_folder=ports.settings.cache_folder)
    _, training = import_model(asked(folder / "model.json", horizon=24, trained_to=late), ports)
    assert training.metrics["imported"]["calibration"] == "identity"
    after = np.flatnonzero(dataset_of_a_day.as_of > late)
    calibrating = split_calibration(dataset_of_a_day, after, share=SCORED)[0]
    rows, model = dataset_of_a_day.rows(calibrating), training.model
    scores = conformal_of(misfits(model.predict(rows.X), rows.y, classes=rows.classes)).scores
    assert model.conformal.scores == pytest.approx(scores, abs=1e-5)
    assert training.model.trained_to > late


WRONG = {
    "no date": ({"trained_to": None}, ConfigError, "--trained-to"),
    "nothing later": ({"trained_to": int(BARS.close_time[-100])}, NotEnoughSamples, "newer bars"),
    "nothing earlier": ({"trained_to": int(BARS.close_time[30])}, NotEnoughSamples, "older bars"),
    "a column too few": ({"columns": COLUMNS[:2]}, ModelRefused, "takes 3 columns, 2 are named"),
    "three classes": ({"threshold": 0.25}, ModelRefused, "outputs"),
    "a value": ({"target": "target_return", "threshold": None}, ModelRefused, "outputs"),
    "an unknown column": ({"columns": ("rsi_14", "return_1", "no_such")}, ConfigError, "no_such"),
    "a column twice": ({"columns": ("rsi_14", "return_1", "rsi_14")}, ConfigError, "twice"),
    "a running total": ({"columns": ("rsi_14", "return_1", "obv")}, ConfigError, "running totals"),
    "another timeframe": ({"timeframe": "4h"}, AlphaPlusError, "4h"),
}


def kept(ports):
    """All files but compiled code, and folds that a training keeps to be gone on with, each of them whole."""
    passing = {"cache", "scratch"}
    return sorted(
        str(path) for path in ports.settings.home.rglob("*") if not passing & set(path.parts)
    ), ports.models.find()


@pytest.mark.parametrize(
    ("name", "case"),
    [*(("model.json", case) for case in WRONG), ("model.onnx", "a column too few"), ("model.onnx", "a value")],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(ports, files, name, case):
    changes, error, words = WRONG[case]
    before = kept(ports)
    with pytest.raises(error, match=words):
        import_model(asked(files[0] / name, **changes), ports)
    assert kept(ports) == before


@pytest.mark.parametrize("family", ["lightgbm", "xgboost", "catboost"])
def test_a_training_that_fails_leaves_nothing_either(ports, monkeypatch, family):
    before = kept(ports)
    request = TrainRequest(family=family, symbols=("AAA",), horizon=1, features="lean", threshold=0.0)
    with pytest.raises(NotEnoughSamples):
        train(request.model_copy(update={"training_days": 10}), ports)
    with pytest.raises(SingleClass, match="do not occur"):
        train(request.model_copy(update={"threshold": 1e6}), ports)
    monkeypatch.setattr("alphaplus.models.onnx.TOLERANCE", -1.0)
    with pytest.raises(ParityError):
        train(request.model_copy(update={"params": {"rounds": 2}}), ports)
    assert kept(ports) == before


def test_a_file_that_needs_too_much_is_refused(monkeypatch, files):
    monkeypatch.setattr(quarantine, "PATIENCE", 0.01)
    with pytest.raises(ModelRefused, match="could not be read in"):
        quarantine.open_foreign(read_foreign(files[0] / "model.txt"), quarantine.Expected(3, 2))


def test_the_process_that_reads_has_little_memory_and_time_and_no_settings():
    code = (
        "from alphaplus.models.quarantine import _confine; import resource as r; _confine();"
        "print(r.getrlimit(r.RLIMIT_AS)[1], r.getrlimit(r.RLIMIT_CPU)[1]); bytearray(3 * 2**30)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(2 * 2**30), "30"]
    assert "MemoryError" in done.stderr
    assert not any(name.startswith("ALPHAPLUS") for name in quarantine.PASSED_ON)


def test_a_file_that_names_other_columns_is_refused(ports, dataset, tmp_path):
    import xgboost

    names = [COLUMNS[1], COLUMNS[0], COLUMNS[2]]
    data = xgboost.DMatrix(dataset.X, label=dataset.y > 0, feature_names=names)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, data, 3)
    booster.save_model(tmp_path / "named.json")
    with pytest.raises(ModelRefused, match="column 1 of the model is called return_1"):
        import_model(asked(tmp_path / "named.json"), ports)
    version, _ = import_model(asked(tmp_path / "named.json", columns=tuple(names)), ports)
    assert version.spec.features.columns == tuple(names)


class Bomb:
    """Unpickling it leaves a marker."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def zipped(content):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return held.getvalue()


PACKED = {
    **{f"protocol {number}": lambda bomb, number=number: pickle.dumps(bomb, protocol=number) for number in range(6)},
    "gzip": lambda bomb: gzip.compress(pickle.dumps(bomb)),
    "zlib": lambda bomb: zlib.compress(pickle.dumps(bomb), 3),
    "bz2": lambda bomb: bz2.compress(pickle.dumps(bomb)),
    "xz": lambda bomb: lzma.compress(pickle.dumps(bomb)),
    "lzma": lambda bomb: lzma.compress(pickle.dumps(bomb), format=lzma.FORMAT_ALONE),
    "lz4": lambda bomb: b"\x04\x22\x4d\x18" + pickle.dumps(bomb),
    "zip": lambda bomb: zipped(pickle.dumps(bomb)),
}


@pytest.mark.parametrize("packed", list(PACKED))
@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.onnx", "model.txt"])
def test_a_pickle_is_refused_unread_whatever_it_is_called(ports, tmp_path, packed, name):
    marker = tmp_path / "executed"
    (tmp_path / name).write_bytes(PACKED[packed](Bomb(marker)))
    before = kept(ports)
    with pytest.raises(ModelRefused, match=r"it was not.*save it anew"):
        import_model(asked(tmp_path / name), ports)
    assert not marker.exists()
    assert kept(ports) == before


@pytest.mark.parametrize(("name", "share"), [*((name, 0.6) for name in FORMATS), ("model.cbm", 0.999)])
def test_a_truncated_file_is_refused(ports, files, tmp_path, name, share):
    whole = (files[0] / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    before = kept(ports)
    with pytest.raises(ModelRefused):
        import_model(asked(tmp_path / name), ports)
    assert kept(ports) == before


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"[]", b"\x08", b"{L", b'{"learner": 1}'])
def test_what_is_no_model_is_refused(ports, tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelRefused):
        import_model(asked(tmp_path / "model"), ports)


def test_links_folders_pipes_and_large_files_are_refused(ports, files, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(files[0] / "model.json")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "link", tmp_path, tmp_path / "pipe", tmp_path / "absent", "/dev/zero"):
        with pytest.raises(ModelRefused):
            import_model(asked(path), ports)
    monkeypatch.setattr("alphaplus.models.foreign.MAX_BYTES", 100)
    with pytest.raises(ModelRefused, match="bytes"):
        import_model(asked(files[0] / "model.json"), ports)


def test_the_command_imports_and_says_what_is_wrong(cli, files, tmp_path):
    from alphaplus.market.write import write_csv

    write_csv(BARS, tmp_path / "bars.csv")
    done = cli("data", "import", tmp_path / "bars.csv", "--symbol", "AAA", "--timeframe", "1h", "--venue", "simulated")
    assert done.code == 0, done.err
    words = ["models", "import", files[0] / "model.txt", "--columns", ",".join(COLUMNS), "--threshold", "0"]
    words += ["--prediction-horizon", "1", "--json"]
    done = cli(*words)
    assert done.code == 2
    assert "until when was the model trained?" in done.err + done.out
    done = cli(*words, "--trained-to", np.datetime_as_string(np.datetime64(TRAINED_TO, "ms"), unit="D"))
    assert done.code == 0, done.err
    assert done.json["metrics"]["imported"]["format"] == "LightGBM text"
    words[2] = files[0] / "model.onnx"
    unexplained = cli(*words, "--trained-to", np.datetime_as_string(np.datetime64(TRAINED_TO, "ms"), unit="D"))
    assert unexplained.code == 0, unexplained.err
    for number, explains in ((done.json["number"], True), (unexplained.json["number"], False)):
        shown = cli("models", "show", str(number))
        assert shown.code == 0, shown.err
        assert "trained elsewhere until" in shown.out
        assert ("rsi_14" in shown.out) is explains
    json.loads(cli("models", "list", "--json").out)
