"""Tuning as a user runs it: counted in the slot, kept over a kill, and no way around the gates."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog, Trial
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.web.commands.train_ml_model import _request, learned
from alphaplus.web.commands.tune import _next, _skilful
from alphaplus.workflows import options
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.evaluate import evaluate
from alphaplus.workflows.train import TrainRequest, train
from alphaplus.workflows.trials import trials_of
from alphaplus.workflows.tune import tune


class Forgetful:
    """A journal that keeps nothing."""

    def trained(self, version, summary, recipe=None):
        pass


@pytest.fixture
def open_ports(tmp_path, compiled):
    """Ports on memory with a planted market stored."""

    def opened(market, *, bars=6_000, seed=1):
        home = tmp_path / market
        home.mkdir()
        (home / "cache").symlink_to(compiled, target_is_directory=True)
        store = MemoryBarStore()
        store.append(simulate(market, bars=bars, seed=seed))
        return Ports(
            bars=store,
            artifacts=FileArtifactStore(home / "artifacts"),
            models=MemoryModelStore(),
            trials=MemoryTrialLog(),
            ledger=MemoryLedger(),
            publisher=MemoryPublisher(),
            journal=Forgetful(),
            clock=FixedClock(1_735_689_600_000),
            settings=Settings(home=home),
            progress=Silent(),
        )

    return opened


def request(market="M1", *, trials=0, family="logistic", **more):
    return TrainRequest(
        symbols=(f"SIM-{market}",), family=family, horizon=1, threshold=0.0, features="lean", tune=trials, **more
    )


def gate(evaluation, name):
    return next(gate for gate in evaluation.gates if gate.name == name)


def test_on_a_planted_market_it_is_no_worse_than_the_defaults(open_ports):
    ports = open_ports("M1")
    found = tune(request(trials=8), ports)
    tried = [judged.tried for judged in found.tuning.trials]
    won = next(one.tried for one in found.tuning.trials if one.spec == found.spec)
    assert won.value >= tried[0].value > 0.02
    assert found.trials == 8 == len(ports.trials.of_slot(found.slot))
    assert ports.models.find() == []


def test_a_tuned_model_of_a_martingale_is_not_promoted(open_ports):
    ports = open_ports("N0", bars=4_000)
    version, _ = train(request("N0", trials=12), ports)
    evaluation = evaluate(version, ports)
    failed = {f"{gate.gate} {gate.name}" for gate in evaluation.failed_gates}
    assert failed & {"G1 skill", "G1 beats the base rate"}
    assert trials_of(version.slot, ports) == 12
    judged = gate(evaluation, "overfitting")
    first = version.spec.hash == ports.trials.of_slot(version.slot)[0].spec_hash
    assert "not applicable" in judged.detail if first else judged.value is not None


def test_the_first_spec_of_a_slot_passes_beside_its_useless_rivals(open_ports):
    """It was chosen before any result was seen, so there is no luck of choosing; the Sharpe ratio is deflated still."""
    ports = open_ports("M1", bars=12_000)
    version, _ = train(request(trials=11), ports)
    evaluation = evaluate(version, ports)
    assert evaluation.failed_gates == ()
    assert "best of 11 useless trials" in gate(evaluation, "deflated Sharpe").detail


def noise_trials(slot, like, count):
    for seed in range(count):
        blocks = np.random.default_rng(seed).standard_normal(16) / 1000
        yield replace(like, slot=slot, spec_hash=f"noise {seed}", value=0.0, blocks=tuple(blocks.tolist()))


@pytest.mark.parametrize(("market", "better"), [("M1", True), ("N0", False)])
def test_useless_trials_raise_the_bar(open_ports, market, better):
    """Twelve trials of noise in the slot: the Sharpe ratio is deflated by them, and overfitting is judged."""
    ports = open_ports(market)
    train(request(market, family="prior"), ports)
    version, _ = train(request(market, family="lightgbm", params={"rounds": 20}), ports)
    before = evaluate(version, ports)
    assert "not applicable" in gate(before, "overfitting").detail
    own: Trial = ports.trials.of_slot(version.slot)[-1]
    assert own.spec_hash == version.spec.hash
    for trial in noise_trials(version.slot, own, 12):
        ports.trials.add(trial)
    after = evaluate(version, ports)
    assert trials_of(version.slot, ports) == 14
    assert "best of 14 useless trials" in gate(after, "deflated Sharpe").detail
    assert gate(after, "overfitting").passed == better  # far better than they are, or one of them
    if not better:  # where it is certain, no bar is high enough
        assert gate(after, "deflated Sharpe").value < gate(before, "deflated Sharpe").value


def test_a_refresh_is_no_new_trial(open_ports):
    ports = open_ports("M1")
    for _ in range(2):
        version, _ = train(request(), ports)
    assert trials_of(version.slot, ports) == 1
    assert len(ports.trials.of_slot(version.slot)) == 1
    train(request(params={"l2": 50.0}), ports)
    assert trials_of(version.slot, ports) == 2


def test_what_cannot_be_tuned_is_refused_before_the_long_work(open_ports):
    ports = open_ports("M1")
    with pytest.raises(ConfigError, match="prior has nothing to tune"):
        tune(request(family="prior"), ports)
    with pytest.raises(ConfigError, match="prior has nothing to tune"):
        train(request(family="prior", trials=3), ports)


def test_in_a_notebook_trials_are_counted_in_the_metrics(cli, monkeypatch):
    import alphaplus as ap

    monkeypatch.setenv("ALPHAPLUS_HOME", str(cli.home))
    dataset = ap.make_dataset(ap.simulate("M1", bars=2_000), features="lean", horizon=1, threshold=0)
    assert ap.train(dataset, family="logistic", tune=3).metrics["trials"] == 3
    assert ap.train(dataset, family="logistic").metrics["trials"] == 1


def test_the_command_that_follows_trains_what_was_tuned():
    """With every flag that a tuning has: were one left out, the winner would be trained on something else."""
    asked = (
        "tune --model-type XGBOOST --target profitable --prediction-horizon 12 --regime bull --model-name mine "
        "--symbols AAA BBB --timeframe 4h --training-days 300 --label target=3 stop=1.5 --features lean --select 9 "
        "--anomaly --half-life-days 90 --balance-classes --weight-by-return --seed 3 --param max_depth=2"
    )
    arguments = parse(*asked.split())
    wanted = learned(arguments)
    slot = Slot("mine", "AAA+BBB", wanted.timeframe, "bull", "profitable", 12)
    spec = SimpleNamespace(params={"max_depth": 2, "learning_rate": 0.1})
    following = _next(arguments, SimpleNamespace(slot=slot, spec=spec)).split()
    request = _request(parse(*following[1:]))
    assert request.base == wanted.model_copy(update={"params": spec.params})
    assert (request.families, request.targets) == (("xgboost",), ("profitable",))
    assert (request.horizons, request.regimes) == ((12,), ("bull",))


def test_the_command_that_follows_names_no_slot_that_nobody_named():
    arguments = parse("tune", "--symbols", "AAA")
    slot = Slot("technical_ml", "AAA", learned(arguments).timeframe, "all", "signal_direction", 24)
    assert "--model-name" not in _next(arguments, SimpleNamespace(slot=slot, spec=SimpleNamespace(params={})))


@pytest.mark.parametrize(
    ("trials", "skilful"),
    [([(-0.01, False), (-0.002, False)], False), ([(-0.01, False), (0.002, True)], False), ([(0.001, False)], True)],
)
def test_the_best_of_useless_trials_is_not_called_useful(trials, skilful):
    judged = [SimpleNamespace(tried=SimpleNamespace(value=value, pruned=pruned)) for value, pruned in trials]
    assert _skilful(judged) is skilful


def parse(*words):
    return options.command_parser(options.find(words[0]), prog="alphaplus").parse_args(words[1:])


TUNE = ("tune", "--model-type", "LOGISTIC", "--symbols", "SIM-M1", "--prediction-horizon", "1", "--threshold", "0")


def recorded(home):
    """What the table of trials holds, from outside."""
    with sqlite3.connect(f"file:{home / 'alphaplus.sqlite3'}?mode=ro", uri=True) as database:
        return database.execute("SELECT spec_hash, value, at FROM trial ORDER BY id").fetchall()


def test_a_kill_loses_no_trial_and_repeats_none(cli, tmp_path):
    csv = tmp_path / "SIM-M1-1h.csv.gz"
    write_csv(simulate("M1", bars=3_000), csv)
    assert cli("data", "import", csv, "--symbol", "SIM-M1", "--timeframe", "1h", "--venue", "simulated").code == 0
    words = [sys.executable, "-m", "alphaplus", *TUNE, "--features", "lean", "--trials", "400"]
    environ = {**os.environ, "ALPHAPLUS_HOME": str(cli.home)}
    with subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while len(recorded(cli.home)) < 5:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    before = recorded(cli.home)
    total = len(before) + 3
    done = cli(*TUNE, "--features", "lean", "--trials", total, "--json", "--quiet")
    assert done.code == 0, done.err
    after = recorded(cli.home)
    assert after[: len(before)] == before
    assert len(after) == done.json["trials_of_slot"] == len(done.json["trials"]) == total
    shown = cli(*TUNE, "--features", "lean", "--trials", total, "--quiet")
    assert f"{total} specs tried for slot technical_ml/SIM-M1/1h/all/signal_direction/1" in shown.out
    assert shown.out.count("chosen") >= 1
