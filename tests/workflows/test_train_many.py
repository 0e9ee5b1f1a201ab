"""Grids: every cell a version, cells that fail stop no other, what is registered is not trained again."""

import os
from dataclasses import replace

import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError, JobCancelled, MissingBars, NotEnoughSamples, SingleClass, UnknownName
from alphaplus.core.parallel import Backend
from alphaplus.datasets.regimes import regimes
from alphaplus.market.sources.simulated import simulate
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.train import TrainRequest, train
from alphaplus.workflows.train_many import TrainManyRequest, cells_of, train_many

BASE = TrainRequest(features="lean", threshold=0.0)


class Forgetful:
    """A journal that counts the sessions it is told of."""

    def __init__(self):
        self.sessions = []

    def trained(self, version, summary, recipe=None):
        self.sessions.append(version)


@pytest.fixture
def ports(tmp_path, compiled):
    """Two planted markets of 2,000 hours and an empty registry."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").symlink_to(compiled, target_is_directory=True)
    bars = MemoryBarStore()
    for seed, symbol in enumerate(("AAA", "BBB")):
        bars.append(simulate("M1", bars=2_000, seed=seed, symbol=symbol))
    return Ports(
        bars=bars,
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=Forgetful(),
        clock=FixedClock(1_735_689_600_000),
        settings=Settings(home=home, parallel=Backend.SEQUENTIAL),
        progress=Silent(),
    )


def grid(**kwargs):
    base = kwargs.pop("base", BASE)
    usual = {"families": ("logistic",), "horizons": (1,)}
    return TrainManyRequest(base=base, **(usual | kwargs))


def leftovers(ports):
    return sorted(
        path.name
        for path in ports.settings.scratch_folder.rglob("*")
        if path.name not in {"artifacts", "datasets", "trainings", ".lock"}
    )


def test_every_combination_is_a_cell_in_a_slot_of_its_own(ports):
    request = grid(families=("LIGHTGBM", "PRIOR"), horizons=(1, 2, 1), regimes=("all", "Bull"), each=True)
    cells = cells_of(request, ports)
    assert len(cells) == 2 * 2 * 2 * 2
    assert {str(cell.slot) for cell in cells} == {
        f"technical_ml/{symbol}/1h/{regime}/signal_direction/{horizon}"
        for symbol in ("AAA", "BBB")
        for regime in ("all", "bull")
        for horizon in (1, 2)
    }
    panel = cells_of(grid(regimes=("ALL_REGIMES",)), ports)
    assert [cell.slot.regime for cell in panel] == regimes()
    assert {cell.slot.symbol for cell in panel} == {"AAA+BBB"}


def test_parameters_go_to_the_families_and_labels_that_have_them(ports):
    base = BASE.model_copy(update={"params": {"num_leaves": 7, "l2": 3.0}})
    targets = ("signal_direction", "target_return")
    cells = cells_of(grid(base=base, families=("lightgbm", "logistic", "prior"), targets=targets), ports)
    given = {(cell.request.family, cell.request.target): dict(cell.request.params) for cell in cells}
    assert given["lightgbm", "signal_direction"] == {"num_leaves": 7, "l2": 3.0}
    assert given["logistic", "target_return"] == {"l2": 3.0}
    assert given["prior", "target_return"] == {}
    assert {cell.request.target: cell.request.threshold for cell in cells} == {
        "signal_direction": 0.0,
        "target_return": None,
    }


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        ({"families": ("lightgmb",)}, UnknownName, "lightgbm"),
        ({"regimes": ("bullish",)}, UnknownName, "bull"),
        ({"targets": ("signal_directon",)}, UnknownName, "signal_direction"),
        ({"base": BASE.model_copy(update={"symbols": ("CCC",)})}, MissingBars, "CCC"),
        ({"targets": ("target_return",)}, ConfigError, "threshold"),
        (
            {"families": ("logistic", "prior"), "base": BASE.model_copy(update={"params": {"leaves": 1}})},
            ConfigError,
            "leaves",
        ),
        (
            {"families": ("lightgbm",), "base": BASE.model_copy(update={"params": {"num_leavess": 3}})},
            UnknownName,
            "num_leavess.*did you mean num_leaves",
        ),
        (
            {"families": ("lightgbm",), "base": BASE.model_copy(update={"params": {"num_leaves": -3}})},
            ConfigError,
            "num_leaves of lightgbm is -3",
        ),
        ({"families": ("onnx",)}, ConfigError, "learns nothing"),
    ],
)
def test_words_that_no_cell_can_mean_are_refused_before_the_work(ports, wrong, error, word):
    with pytest.raises(error, match=word):
        train_many(grid(**wrong), ports)
    assert not ports.models.find()
    assert leftovers(ports) == []


def test_a_cell_trains_the_very_model_that_it_would_alone(ports):
    cells = train_many(grid(families=("logistic", "prior"), each=True), ports)
    assert [cell.error for cell in cells] == [None] * 4
    assert leftovers(ports) == []
    for cell in cells:
        alone = replace(ports, models=MemoryModelStore())
        version, _ = train(cell.request, alone)
        assert (version.sha256, version.dataset_hash) == (cell.version.sha256, cell.version.dataset_hash)
        assert str(version.slot) == str(cell.slot)
    assert ports.journal.sessions[:4] == [1, 2, 3, 4]


def test_processes_train_the_same_artefacts(ports):
    request = grid(each=True)
    here = train_many(request, ports)
    apart = replace(
        ports,
        models=MemoryModelStore(),
        settings=ports.settings.model_copy(update={"parallel": Backend.PROCESSES, "workers": 2}),
    )
    there = train_many(request, apart)
    assert [cell.version.sha256 for cell in there] == [cell.version.sha256 for cell in here]
    assert leftovers(ports) == []


def test_what_is_registered_is_not_trained_again_unless_asked(ports):
    first = train_many(grid(), ports)
    wider = train_many(grid(families=("logistic", "prior")), ports)
    assert [cell.there_before for cell in wider] == [True, False]
    assert wider[0].version.number == first[0].version.number
    rolling = train_many(grid(base=BASE.model_copy(update={"splits": "rolling"})), ports)
    assert not rolling[0].there_before, "other folds are another evidence"
    again = train_many(grid(again=True), ports)
    assert again[0].version.number > wider[1].version.number
    assert again[0].version.sha256 == first[0].version.sha256
    [planned] = train_many(grid(base=BASE.model_copy(update={"tune": 3})), ports, dry_run=True)
    assert planned.version is None, "a tuning may choose other parameters than those of the version that is there"


def test_cells_that_fail_say_why_and_stop_no_other(ports, monkeypatch):
    bars = simulate("M1", bars=400, seed=3, symbol="FEW")
    ports.bars.append(bars)
    from alphaplus.models.families.logistic import Logistic

    usual = Logistic.fit

    def no_memory(self, dataset, spec):
        if dataset.symbols == ("AAA",):
            raise SingleClass("only ups", hint="another range")
        if dataset.symbols == ("BBB",):
            raise ZeroDivisionError("a mistake in a family")
        return usual(self, dataset, spec)

    monkeypatch.setattr(Logistic, "fit", no_memory)
    cells = train_many(grid(families=("logistic", "prior"), each=True), ports)
    found = {(cell.slot.symbol, cell.request.family): cell for cell in cells}
    assert isinstance(found["FEW", "logistic"].error, NotEnoughSamples)
    assert isinstance(found["FEW", "prior"].error, NotEnoughSamples)
    assert isinstance(found["AAA", "logistic"].error, SingleClass)
    assert isinstance(found["BBB", "logistic"].error, ZeroDivisionError)
    assert found["AAA", "prior"].version is not None
    assert found["BBB", "prior"].version is not None
    assert len(ports.models.find()) == 2


def test_a_dry_run_counts_and_trains_nothing(ports):
    cells = train_many(grid(each=True), ports, dry_run=True)
    assert [(cell.version, cell.error, cell.training) for cell in cells] == [(None, None, None)] * 2
    assert all(cell.rows > 1_500 and cell.folds >= 6 for cell in cells)
    assert not ports.models.find()
    assert leftovers(ports) == []


def test_a_cancelled_grid_is_gone_on_with(ports):
    told = []

    def checkpoint(point):
        told.append(point)

    request = grid(families=("logistic", "prior"))
    with pytest.raises(JobCancelled):
        train_many(request, ports, cancelled=lambda: len(told) >= 4, checkpoint=checkpoint)
    assert not ports.models.find()
    before, told = told, []
    cells = train_many(request, ports, checkpoint=told.append)
    assert [cell.error for cell in cells] == [None, None]
    steps = sum(cell.folds + 1 for cell in cells)
    assert len([point for point in (*before, *told) if point.endswith("kept")]) == steps, "no step was done twice"
    assert leftovers(ports) == []


def test_old_scratch_is_swept_and_newer_is_not(ports):
    root = ports.settings.scratch_folder / "trainings"
    for name, days in (("old", 8), ("new", 6)):
        (root / name).mkdir(parents=True)
        then = (root / name).stat().st_mtime - days * 86_400
        os.utime(root / name, (then, then))
    train_many(grid(families=("prior",)), ports)
    assert leftovers(ports) == ["new"]
