"""Judging in corners: panels in any order, symbols without rows, champions that are broken, versions that serve."""

from dataclasses import replace

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.errors import ConfigError, IllegalStageChange, UnknownName
from alphaplus.core.parallel import Backend
from alphaplus.datasets.splits import WalkForward
from alphaplus.market.sources.simulated import simulate
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.backtest import BacktestRequest, backtest
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.evaluate import EvaluateRequest, evaluate
from alphaplus.workflows.promote import evaluate_and_promote
from alphaplus.workflows.train import TrainRequest, train


class Forgetful:
    """A journal that keeps nothing."""

    def trained(self, version, summary, recipe=None):
        pass


def market(symbol, *, seed, bars=6_000, kind="M1"):
    return simulate(kind, bars=bars, seed=seed, symbol=symbol)


@pytest.fixture
def open_ports(new_home):
    """Ports on memory with the given series stored; every call a new installation."""

    def opened(*series):
        home = new_home()
        bars = MemoryBarStore()
        for one in series:
            bars.append(one)
        return Ports(
            bars=bars,
            artifacts=FileArtifactStore(home / "artifacts"),
            models=MemoryModelStore(),
            trials=MemoryTrialLog(),
            ledger=MemoryLedger(),
            publisher=MemoryPublisher(),
            journal=Forgetful(),
            clock=FixedClock(1_735_689_600_000),
            settings=Settings(home=home, parallel=Backend.THREADS),
            progress=Silent(),
        )

    return opened


def trained(ports, *symbols, family="logistic", seed=0):
    request = TrainRequest(
        symbols=symbols,
        family=family,
        timeframe=Timeframe.H1,
        horizon=1,
        threshold=0.0,
        features="lean",
        seed=seed,
    )
    return train(request, ports)[0]


def test_the_order_in_which_symbols_are_named_does_not_matter(open_ports):
    found = []
    for order in (("AAA", "BBB"), ("BBB", "AAA")):
        ports = open_ports(market("AAA", seed=1), market("BBB", seed=2))
        version = trained(ports, *order)
        evaluation = evaluate(version, ports)
        found.append((version.slot, version.sha256, version.dataset_hash, evaluation.metrics["trading"]))
    assert found[0] == found[1]


def test_every_symbol_is_traded_on_its_own_bars(open_ports):
    """On another symbol's bars the planted edge would be worth nothing, and costs would eat the account."""
    ports = open_ports(market("AAA", seed=1), market("BBB", seed=2))
    evaluation = evaluate(trained(ports, "BBB", "AAA"), ports)
    assert evaluation.metrics["trading"]["return_net"] > 1.0


def test_a_symbol_that_ended_long_ago_does_not_stop_the_judging(open_ports):
    old = market("OLD", seed=3)
    ports = open_ports(market("AAA", seed=1), old.rows(0, 1_500))
    evaluation = evaluate(trained(ports, "AAA", "OLD"), ports)
    assert evaluation.metrics["trading"]["trades"] > 100


def test_simulated_and_recorded_bars_do_not_share_a_model(open_ports):
    recorded = market("REAL", seed=2)
    recorded = replace(recorded, instrument=replace(recorded.instrument, venue="binance"))
    ports = open_ports(market("AAA", seed=1), recorded)
    with pytest.raises(ConfigError, match="AAA is simulated"):
        trained(ports, "AAA", "REAL")


def test_a_broken_champion_does_not_block_its_replacement(open_ports):
    ports = open_ports(market("AAA", seed=1, bars=12_000))
    first = trained(ports, "AAA")
    assert evaluate_and_promote(EvaluateRequest(candidate=str(first.number)), ports, actor="test").promoted
    model = ports.artifacts.open(first.artifact_uri) / "model.onnx"
    model.chmod(0o600)
    model.write_bytes(model.read_bytes() + b"x")
    evaluation = evaluate(trained(ports, "AAA", seed=1), ports)
    assert evaluation.verdict is Verdict.PROMOTE
    assert f"{first.label} serves but cannot be compared with" in evaluation.notes


def test_folds_that_learned_from_the_future_are_no_evidence(open_ports, monkeypatch):
    """The same model with the same predictions passes or not, by what the report says of its folds."""
    verdicts = {}
    for forward in (True, False):
        ports = open_ports(market("AAA", seed=1, bars=12_000))
        monkeypatch.setattr(WalkForward, "forward", forward)
        verdicts[forward] = evaluate(trained(ports, "AAA"), ports)
    assert verdicts[True].verdict is Verdict.PROMOTE
    assert verdicts[False].verdict is Verdict.REJECT
    (failed,) = [gate for gate in verdicts[False].gates if not gate.passed]
    assert (failed.gate, failed.name) == ("G0", "validation")
    assert "train with walk_forward or rolling" in failed.detail


def test_what_serves_is_judged_only_without_consequences(open_ports):
    ports = open_ports(market("AAA", seed=1, bars=12_000))
    version = trained(ports, "AAA")
    request = EvaluateRequest(candidate=str(version.number))
    assert evaluate_and_promote(request, ports, actor="test").version.stage is Stage.PRODUCTION
    with pytest.raises(IllegalStageChange, match="only versions in staging"):
        evaluate_and_promote(request, ports, actor="test")
    assert evaluate_and_promote(request, ports, actor="test", dry_run=True).promoted
    assert ports.models.get(version.number).stage is Stage.PRODUCTION
    opened = [event for event in ports.models.audit() if event.action == "open untouched slice"]
    assert len(opened) == 2


def test_a_set_with_running_totals_is_not_for_models(open_ports):
    ports = open_ports(market("AAA", seed=1))
    with pytest.raises(ConfigError, match="running totals"):
        train(TrainRequest(symbols=("AAA",), features="all"), ports)


def test_an_event_is_trained_by_its_label_and_weighting(open_ports):
    """Balanced classes, and half the weight for rows of a month ago: another model, of the same evidence."""
    asked = {"symbols": ("AAA",), "family": "logistic", "target": "profitable", "horizon": 12, "features": "lean"}
    params = {"target": 2, "stop": 1.0, "side": -1}
    ports = open_ports(market("AAA", seed=1, bars=3_000))
    plain, first = train(TrainRequest(**asked, label_params=params), ports)
    weighting = {"half_life_days": 30.0, "balance_classes": True, "weight_by_return": True}
    weighted, second = train(TrainRequest(**asked, label_params=params, **weighting), ports)
    assert first.model.spec.label.resolved == {"target": 2.0, "stop": 1.0, "side": -1.0, "cost_bps": None}
    assert first.model.calibration.shares == ()
    assert sum(second.model.calibration.shares) == pytest.approx(1.0)
    assert (plain.sha256 != weighted.sha256, plain.dataset_hash != weighted.dataset_hash) == (True, True)
    assert second.metrics["oos"]["n_eff"] == first.metrics["oos"]["n_eff"]


def test_what_cannot_be_labelled_is_refused_before_the_work(open_ports):
    ports = open_ports(market("AAA", seed=1))
    for asked, kind, message in (
        ({"target": "profit"}, UnknownName, "profit"),
        ({"target": "breakout", "label_params": {"windows": 3}}, UnknownName, "windows"),
        ({"target": "target_return", "balance_classes": True}, ConfigError, "no classes to balance"),
    ):
        with pytest.raises(kind, match=message):
            train(TrainRequest(symbols=("AAA",), features="lean", **asked), ports)


@pytest.mark.parametrize("target", ["target_volatility", "target_return", "profitable"])
def test_what_gives_no_probability_of_up_is_not_backtested(open_ports, target):
    ports = open_ports(market("AAA", seed=1, bars=2_000))
    version, _ = train(
        TrainRequest(symbols=("AAA",), features="lean", family="prior", horizon=4, target=target), ports
    )  # fmt: skip
    with pytest.raises(ConfigError, match=f"answers {target}, which is no probability of up"):
        backtest(BacktestRequest(symbols=("AAA",), model=str(version.number)), ports)
