"""What an unfinished training keeps: read back to the bit, never believed when damaged, gone when it is finished."""

import numpy as np
import pytest

from alphaplus.datasets.splits import WalkForward
from alphaplus.models.kept import FinalDone, FoldDone, Kept
from alphaplus.models.plan import Plan
from alphaplus.models.spec import ModelSpec
from alphaplus.models.steps import FINAL, do_step
from alphaplus.models.train import Going, train, train_all

SPLITS = WalkForward(train_days=20, test_days=5)


@pytest.fixture(scope="module")
def plan(dataset_of):
    dataset = dataset_of(rows=800)
    return Plan.of(ModelSpec.of(dataset, family="logistic"), dataset, splits=SPLITS)


@pytest.fixture(scope="module")
def done(plan):
    """Every step of the plan, done."""
    return {number: do_step(plan.step(number), plan.dataset) for number in plan.numbers}


@pytest.fixture
def kept(tmp_path, done):
    """A folder in which all of it is kept."""
    kept = Kept.of(tmp_path, "key")
    for one in done.values():
        kept.keep_final(one) if isinstance(one, FinalDone) else kept.keep_fold(one)
    return kept


def test_steps_are_read_back_to_the_bit(kept, done):
    for number, one in done.items():
        if isinstance(one, FoldDone):
            found = kept.fold(number)
            assert (found.scored, found.seconds) == (one.scored, one.seconds)
            for name, array in one.oos.arrays().items():
                assert getattr(found.oos, name).dtype == array.dtype
                assert np.array_equal(getattr(found.oos, name), array, equal_nan=array.dtype.kind == "f")
    final = kept.final()
    assert (final.parity, final.seconds) == (done[FINAL].parity, done[FINAL].seconds)
    assert final.model.sha256 == done[FINAL].model.sha256


def test_what_is_not_there_or_damaged_is_not_believed(kept, plan):
    folds = range(len(plan.folds))
    assert kept.fold(len(folds)) is None
    for path in [path for path in kept.folder.rglob("*") if path.is_file() and path.name != ".lock"]:
        content = path.read_bytes()
        for damaged in (content[:-1], b"", content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]):
            path.write_bytes(damaged)
            missing = [number for number in folds if kept.fold(number) is None]
            lost = 1 if kept.final() is None else 0
            assert len(missing) + lost == 1, f"a damaged {path.name} was believed"
        path.write_bytes(content)
    assert kept.final() is not None


def test_a_damaged_step_is_done_again_and_the_others_are_not(kept, plan):
    (kept.folder / "fold-001.npz").write_bytes(b"nonsense")
    (kept.folder / "final" / "model.onnx").write_bytes(b"nonsense")
    going = Going(plan, "a training", kept)
    going.read()
    assert sorted(going.missing) == [FINAL, 1]
    found = {}
    train_all([going], finished=found.__setitem__)
    assert found[0].model.sha256 == train(plan.spec, plan.dataset, splits=SPLITS).model.sha256
    assert kept.fold(1) is not None
    assert kept.final() is not None


def test_two_processes_at_the_same_training_do_not_share_a_folder(tmp_path):
    first = Kept.of(tmp_path, "key")
    second = Kept.of(tmp_path, "key")
    assert first.folder == tmp_path / "key"
    assert second.folder != first.folder
    first.release()
    assert Kept.of(tmp_path, "key").folder == first.folder
    second.remove()
    assert not second.folder.exists()


def test_the_key_changes_with_all_that_changes_a_training(plan, dataset_of, monkeypatch):
    def key(*, rows=800, splits=SPLITS, seed=0, **params):
        dataset = dataset_of(rows=rows)
        return Plan.of(ModelSpec.of(dataset, family="logistic", params=params, seed=seed), dataset, splits=splits).key

    usual = key()
    assert usual == plan.key
    others = {key(rows=801), key(splits=WalkForward(20, 6)), key(seed=1), key(l2=1.0)}
    monkeypatch.setattr("alphaplus.models.plan.code_version", lambda: "another")
    assert len(others | {usual, key()}) == 6
