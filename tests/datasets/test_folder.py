"""Datasets in folders: what comes back is what was saved, shared and unchanged, or an error that says what is wrong."""

import json
import multiprocessing
import pickle
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.errors import ArtifactCorrupt, StorageError
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.dataset import ROW_FIELDS
from alphaplus.datasets.folder import open_dataset
from alphaplus.datasets.select import Rules
from alphaplus.datasets.splits import WalkForward, holdout


@pytest.fixture(scope="module")
def dataset(make_bars, compiled):
    panel = [make_bars(1_500, symbol="AAA"), make_bars(1_400, seed=1, symbol="BBB")]
    return make_dataset(
        panel, "lean", horizon=3, threshold=0.0, select=Rules(most=8, leaks=False), regime="all", cache_folder=compiled
    )


def test_what_is_opened_is_what_was_saved(dataset, tmp_path):
    assert dataset.save(tmp_path / "one") == dataset.hash
    back = open_dataset(tmp_path / "one", verify=True)
    for name in ROW_FIELDS:
        mine, theirs = getattr(dataset, name), getattr(back, name)
        assert type(theirs) is np.ndarray
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()
        assert not theirs.flags.writeable
    for name in ("instruments", "timeframe", "columns", "selection", "feature_set_hash", "absent", "regime"):
        assert getattr(back, name) == getattr(dataset, name), name
    assert back.label.hash == dataset.label.hash
    assert back.report() == dataset.report()
    assert back.hash == dataset.hash
    assert sorted(path.suffix for path in (tmp_path / "one").iterdir()) == [".json"] + [".npy"] * len(ROW_FIELDS)


def test_saving_what_was_opened_writes_nothing(dataset, tmp_path):
    dataset.save(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert open_dataset(tmp_path).save(tmp_path) == dataset.hash
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_folder_of_another_dataset_is_not_overwritten(dataset, tmp_path):
    dataset.save(tmp_path)
    with pytest.raises(StorageError, match="holds another dataset"):
        dataset.rows(slice(0, 700)).save(tmp_path)
    assert open_dataset(tmp_path, verify=True).hash == dataset.hash


def test_half_written_folder_holds_no_dataset_and_is_written_anew(dataset, tmp_path):
    np.save(tmp_path / "X.npy", np.zeros((3, 2), dtype=np.float32))  # a crash before dataset.json
    with pytest.raises(StorageError, match="holds no dataset"):
        open_dataset(tmp_path)
    dataset.save(tmp_path)
    assert open_dataset(tmp_path, verify=True).hash == dataset.hash


def _flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _archive(path):
    np.savez(path.with_suffix(".npz"), np.zeros(5))
    path.with_suffix(".npz").rename(path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: _flip(folder / "y.npy", -3), "not the one that was saved"),
        (lambda folder: _flip(folder / "X.npy", 3), "X.npy is damaged"),
        (lambda folder: (folder / "X.npy").write_bytes((folder / "X.npy").read_bytes()[:-8]), "X.npy is damaged"),
        (lambda folder: (folder / "as_of.npy").unlink(), "as_of.npy is missing"),
        (lambda folder: np.save(folder / "y.npy", np.zeros(5)), "expected float64 of"),
        (lambda folder: _archive(folder / "y.npy"), "y.npy holds an archive"),
        (lambda folder: (folder / "y.npy").write_bytes(pickle.dumps([1.0])), "y.npy is damaged"),
        (lambda folder: (folder / "dataset.json").write_text("{"), "cannot be understood"),
        (lambda folder: (folder / "dataset.json").write_text('{"format": 9}'), "format 9"),
    ],
)
def test_damage_is_named(dataset, tmp_path, damage, said):
    dataset.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ArtifactCorrupt, match=said):
        open_dataset(tmp_path, verify=True)


def test_facts_that_do_not_fit_are_named(dataset, tmp_path):
    dataset.save(tmp_path)
    facts = json.loads((tmp_path / "dataset.json").read_text())
    for name, value in (("timeframe", "7m"), ("label", {}), ("instruments", [{"symbol": "A", "colour": 1}])):
        (tmp_path / "dataset.json").write_text(json.dumps({**facts, name: value}))
        with pytest.raises(ArtifactCorrupt, match="cannot be understood"):
            open_dataset(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps({**facts, "columns": ["one"]}))
    with pytest.raises(ArtifactCorrupt, match="does not have the 1 columns"):
        open_dataset(tmp_path)


def _sums(folder):
    opened = open_dataset(folder)
    return opened.hash, float(opened.X.sum())


def test_processes_open_the_same_rows(dataset, tmp_path):
    dataset.save(tmp_path)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(_sums, [tmp_path]) == [(dataset.hash, float(dataset.X.sum()))]


def test_parts_that_follow_each_other_are_views(dataset, tmp_path):
    dataset.save(tmp_path)
    opened = open_dataset(tmp_path)
    outer = holdout(opened)
    folds = WalkForward(20, 5).split(opened.rows(outer.train))
    for whole in (dataset, opened):
        parts = [whole.rows(outer.train), whole.rows(outer.test), whole.rows(whole.as_of > whole.as_of[99])]
        parts += [whole.rows(outer.train).rows(fold.test) for fold in folds]
        for part in parts:
            assert np.shares_memory(part.X, whole.X)
            assert np.shares_memory(part.y, whole.y)
    assert len(folds) > 3


def test_rows_are_those_asked_for_however_they_are_named(make_rows):
    whole = make_rows(np.arange(50) * 3_600_000, (np.arange(50) + 1) * 3_600_000)
    mask = np.zeros(50, dtype=bool)
    mask[[3, 4, 6]] = True
    cases = [np.arange(5, 9), np.array([5]), np.array([7, 6, 5]), np.array([2, 4, 6]), np.array([-2, -1]), mask]
    cases += [~mask, np.ones(50, dtype=bool), np.zeros(50, dtype=bool), np.empty(0, dtype=np.intp), slice(3, 20, 2)]
    for index in cases:
        part = whole.rows(index)
        for name in ROW_FIELDS:
            assert np.array_equal(getattr(part, name), getattr(whole, name)[index], equal_nan=True)


def test_weights_and_effective_samples_are_worked_out_once_for_each_dataset(dataset):
    assert dataset.weight is dataset.weight
    half = dataset.rows(slice(0, 500))
    assert len(half.weight) == 500
    assert half.n_eff < dataset.n_eff
    fresh = replace(dataset, X=dataset.X[:, ::-1])
    assert fresh.weight is not dataset.weight
    assert np.array_equal(fresh.weight, dataset.weight)
    assert pickle.loads(pickle.dumps(dataset)).hash == dataset.hash
