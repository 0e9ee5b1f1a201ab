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
from alphaplus.market.write import write_csv
from alphaplus.models import train as train_module
from alphaplus.models.train import Going
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows import model_request
from alphaplus.workflows import train_many as train_many_module
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


def test_an_unforeseen_error_at_any_step_is_its_cells_alone(ports, monkeypatch, caplog):
    """In assembly, when a fold is kept, when the steps are put together, and when the version is registered."""
    for seed, symbol in enumerate(("CCC", "DDD", "EEE")):
        ports.bars.append(simulate("M1", bars=2_000, seed=seed, symbol=symbol))

    def broken(owner, name, symbol, symbol_of, error):
        usual = getattr(owner, name)

        def once(*args, **kwargs):
            if symbol_of(*args) == symbol:
                raise error
            return usual(*args, **kwargs)

        monkeypatch.setattr(owner, name, once)

    broken(train_many_module, "dataset_for", "AAA", lambda _, symbols, *__: symbols[0], KeyError("no such column"))
    broken(Going, "take", "BBB", lambda going, *_: going.plan.dataset.symbols[0], OSError(28, "No space left"))
    broken(train_module, "finish", "CCC", lambda plan, _: plan.dataset.symbols[0], ZeroDivisionError("by nothing"))
    broken(
        model_request, "count_training", "DDD", lambda slot, *_: slot.symbol, RuntimeError("the database is not there")
    )
    with caplog.at_level("ERROR", logger="alphaplus"):
        cells = train_many(grid(families=("prior", "logistic"), each=True), ports)
    errors = {cell.slot.symbol: type(cell.error) for cell in cells}
    found = [KeyError, OSError, ZeroDivisionError, RuntimeError, type(None)]
    assert errors == dict(zip(("AAA", "BBB", "CCC", "DDD", "EEE"), found, strict=True))
    assert [version.slot.symbol for version in ports.models.find()] == ["EEE", "EEE"]
    logged = [record for record in caplog.records if record.getMessage() == "a cell failed unexpectedly"]
    assert [record.slot.split("/")[1] for record in logged] == ["AAA", "BBB", "BBB", "CCC", "CCC", "DDD", "DDD"]
    assert all(record.exc_info[2] is not None for record in logged), "each with the place that it comes from"
    monkeypatch.undo()
    assert [cell.error for cell in train_many(grid(families=("prior", "logistic"), each=True), ports)] == [None] * 10
    assert len(ports.models.find()) == 10
    assert leftovers(ports) == []


def test_the_command_tells_of_every_cell_that_failed(cli, tmp_path):
    """A plain file where the artefacts belong: nothing can be registered until it is gone."""
    csv = tmp_path / "SIM-M1-1h.csv.gz"
    write_csv(simulate("M1", bars=1_500, seed=1), csv)
    assert cli("data", "import", csv, "--symbol", "SIM-M1", "--timeframe", "1h", "--venue", "simulated").code == 0
    (cli.home / "artifacts").touch()
    words = ("train_ml_model", "--model-type", "PRIOR", "LOGISTIC", "--features", "lean", "--symbols", "SIM-M1")
    done = cli(*words, "--quiet")
    assert done.code == 1
    assert done.out.count("FileExistsError: ") == 2
    assert "0 models trained, 0 there before, 2 failed" in done.out
    assert done.err.count("a cell failed unexpectedly") == done.err.count("Traceback") == 2
    assert {cell["error"]["type"] for cell in cli(*words, "--quiet", "--json").json["cells"]} == {"FileExistsError"}
    (cli.home / "artifacts").unlink()
    assert "2 models trained" in cli(*words, "--quiet").out


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


class Stages(Silent):
    """Progress that remembers the stages."""

    def __init__(self):
        self.begun = []

    def stage(self, name, total=None):
        self.begun.append(name)


def test_cancelling_acts_while_datasets_are_put_together(ports):
    stages = Stages()
    with pytest.raises(JobCancelled):
        train_many(grid(), replace(ports, progress=stages), cancelled=lambda: bool(stages.begun))
    assert stages.begun == ["features and labels of AAA, BBB"]
    assert leftovers(ports) == []


def test_cancelling_acts_while_parameters_are_searched(ports):
    """Between two fits; the next run of the same goes on with the trials that were judged."""
    stages, request = Stages(), grid(base=BASE.model_copy(update={"tune": 6}))
    [waiting] = cells_of(request, ports)

    def judged():
        return ports.trials.of_slot(waiting.slot)

    with pytest.raises(JobCancelled):
        train_many(request, replace(ports, progress=stages), cancelled=lambda: len(judged()) >= 2)
    assert stages.begun == ["features and labels of AAA, BBB", "tuning"]
    assert len(judged()) == 2
    [cell] = train_many(request, ports)
    assert cell.error is None
    assert len([trial for trial in judged() if trial.study]) == 6


def test_an_interrupted_search_is_no_reason_to_train(ports):
    """Ctrl-C while parameters are searched ends all, where `alphaplus tune` shows the best so far."""

    class Interrupting(MemoryTrialLog):
        def add(self, trial):
            if len(self.of_slot(trial.slot)) == 2:
                raise KeyboardInterrupt
            return super().add(trial)

    with pytest.raises(KeyboardInterrupt):
        train_many(grid(base=BASE.model_copy(update={"tune": 6})), replace(ports, trials=Interrupting()))
    assert not ports.models.find()


def test_old_scratch_is_swept_and_newer_is_not(ports):
    root = ports.settings.scratch_folder / "trainings"
    for name, days in (("old", 8), ("new", 6)):
        (root / name).mkdir(parents=True)
        then = (root / name).stat().st_mtime - days * 86_400
        os.utime(root / name, (then, then))
    train_many(grid(families=("prior",)), ports)
    assert leftovers(ports) == ["new"]
