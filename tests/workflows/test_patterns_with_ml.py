"""The pattern success model, from training to scan: it learns what there is, and is silent where it cannot know.

In the planted market an engulfing bar on high volume is followed, one on low volume is not: what `lean` has as
`volume_ratio` decides whether the pattern works.
"""

import json
import logging

import numpy as np
import polars as pl
import pytest

import alphaplus as ap
from alphaplus.core.bars import SIMULATED_VENUE, BarFrame, Instrument, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage
from alphaplus.core.errors import ColumnsMismatch, ConfigError
from alphaplus.datasets.assemble import make_dataset
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.models.pattern_success import success_probability
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train as train_spec
from alphaplus.patterns.events import chosen_patterns, detect_as_born
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.evaluate import EvaluateRequest, evaluate
from alphaplus.workflows.patterns import ScanRequest, detect_patterns_with_ml, scan
from alphaplus.workflows.promote import evaluate_and_promote
from alphaplus.workflows.train import TrainRequest, train

BARS, LEARNED, HORIZON = 14_000, 12_000, 24
PATTERN, OTHER = "cdlengulfing", "cdlharami"
DRIFT, LASTS = 0.5, 6  # of sigma a bar, bars


def planted(bars=BARS, seed=1, symbol="SIM-PLANTED"):
    """Hours in which engulfing bars of much volume go on and those of little turn back."""
    rng = np.random.default_rng(seed)
    volume = 1000.0 * np.exp(0.7 * rng.standard_normal(bars))
    shocks = 0.01 * rng.standard_normal(bars)
    moves, before, drift, left = np.empty(bars), 0.0, 0.0, 0
    for t in range(bars):
        move = shocks[t] + (drift if left > 0 else 0.0)
        left -= 1
        if before * move < 0.0 and abs(move) > abs(before):
            drift, left = 0.01 * DRIFT * np.sign(move) * (1.0 if volume[t] > 1000.0 else -1.0), LASTS
        moves[t] = before = move
    close = 100.0 * np.exp(np.cumsum(moves - moves.mean()))
    open_ = np.concatenate(([100.0], close[:-1]))
    wicks = 0.002 * rng.exponential(size=(2, bars))
    table = pl.DataFrame(
        {
            "open_time": 400_000 * Timeframe.H1.ms + Timeframe.H1.ms * np.arange(bars, dtype=np.int64),
            "open": open_,
            "high": np.maximum(open_, close) * (1.0 + wicks[0]),
            "low": np.minimum(open_, close) * (1.0 - wicks[1]),
            "close": close,
            "volume": volume,
        }
    )
    return BarFrame(Instrument(symbol, venue=SIMULATED_VENUE), Timeframe.H1, table)


@pytest.fixture(scope="module")
def market():
    return planted()


def trained(bars, compiled, family="lightgbm"):
    dataset = make_dataset(
        bars, "lean", label="pattern_success", horizon=HORIZON, pattern=PATTERN, cache_folder=compiled
    )
    return train_spec(ModelSpec.of(dataset, family=family), dataset)


@pytest.fixture(scope="module")
def training(market, compiled):
    return trained(market.rows(0, LEARNED), compiled)


def test_what_makes_a_pattern_work_is_learned(training):
    scores = training.metrics["oos"]["model"]
    assert scores["roc_auc"]["low"] > 0.6
    assert scores["skill"]["low"] > 0.0
    assert training.model.importance()["volume_ratio"] > 0.15


@pytest.mark.parametrize("family", ["lightgbm", "logistic"])
def test_on_a_martingale_it_has_no_skill(compiled, family):
    scores = trained(simulate("N0", bars=LEARNED, seed=5), compiled, family).metrics["oos"]["model"]
    assert scores["roc_auc"]["low"] < 0.5
    assert scores["skill"]["low"] < 0.0


@pytest.fixture(scope="module")
def judged(market, training, compiled):
    """Events of two patterns on all bars, with what the model says of them."""
    return ap.detect_patterns(market, [PATTERN, OTHER], model=training.model, cache_folder=compiled)


def test_events_carry_the_probability_as_their_confidence(market, training, judged, compiled):
    plain = ap.detect_patterns(market, [PATTERN, OTHER], cache_folder=compiled)
    assert judged.drop("p_success", "confidence").equals(plain.drop("confidence"))
    known = judged["p_success"].is_not_null()
    assert known.sum() > 300
    assert judged.filter(known)["confidence"].equals(judged.filter(known)["p_success"].rename("confidence"))
    assert judged.filter(~known)["confidence"].equals(plain.filter(~known)["confidence"])
    assert set(judged.filter(known)["pattern"]) == {PATTERN}, "the model does not know the other one"
    assert judged.filter(known)["known_at"].min() > training.model.trained_to, "nor what it has learned from"


def test_the_probability_orders_patterns_that_the_model_has_not_seen(judged):
    over = judged.filter(pl.col("p_success").is_not_null() & pl.col("outcome").is_in(["target", "stop"]))
    won = (over["outcome"] == "target").to_numpy()
    p = over["p_success"].to_numpy()
    likely = p > np.median(p)
    assert won[likely].mean() - won[~likely].mean() > 0.2


def test_later_bars_never_change_what_was_said(market, training, judged, compiled):
    for cut in (LEARNED + 700, LEARNED + 1_501):
        part = ap.detect_patterns(market.rows(0, cut), [PATTERN, OTHER], model=training.model, cache_folder=compiled)
        assert part["p_success"].equals(judged["p_success"][: len(part)])
    poisoned = market.table.with_columns(
        pl.when(pl.int_range(pl.len()) > LEARNED + 700)
        .then(pl.col(name) * (50.0 if name == "volume" else 3.0))
        .otherwise(pl.col(name))
        .alias(name)
        for name in ("open", "high", "low", "close", "volume")
    )
    wild = BarFrame(market.instrument, market.timeframe, poisoned)
    again = ap.detect_patterns(wild, [PATTERN, OTHER], model=training.model, cache_folder=compiled)
    until = int(market.close_time[LEARNED + 700])
    for table in (again, judged):
        assert (table["known_at"] <= until).sum() > 300
    assert again.filter(pl.col("known_at") <= until)["p_success"].equals(
        judged.filter(pl.col("known_at") <= until)["p_success"]
    )


def test_a_model_of_something_else_or_of_other_bars_is_refused(market, training, compiled):
    dataset = make_dataset(market.rows(0, 3_000), "lean", horizon=1, threshold=0.0, cache_folder=compiled)
    other = train_spec(ModelSpec.of(dataset, family="prior"), dataset).model
    with pytest.raises(ConfigError, match="signal_direction"):
        ap.detect_patterns(market, [PATTERN], model=other, cache_folder=compiled)
    days = simulate("N0", bars=300, timeframe=Timeframe.D1)
    with pytest.raises(ColumnsMismatch, match="learned from 1h"):
        success_probability(detect_as_born(days, []), days, training.model)


class NoJournal:
    """Keeps nothing of what finished runs leave behind."""

    def trained(self, version, summary, recipe=None):
        pass


@pytest.fixture(scope="module")
def ports(market, tmp_path_factory, compiled):
    """Ports on memory with the first bars of the market stored."""
    home = tmp_path_factory.mktemp("home")
    (home / "cache").symlink_to(compiled, target_is_directory=True)
    ports = Ports(
        bars=MemoryBarStore(),
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=NoJournal(),
        clock=FixedClock(int(market.close_time[-1])),
        settings=Settings(home=home),
        progress=Silent(),
    )
    ports.bars.append(market.rows(0, LEARNED))
    return ports


WANTED = ScanRequest(wanted=(PATTERN,))
WITH_ML = WANTED.model_copy(update={"ml": True})


def test_it_serves_from_training_to_scan(ports, market, caplog):
    plain = scan(WANTED, ports).events
    assert scan(WITH_ML, ports).events.equals(plain), "nobody serves"

    request = TrainRequest(
        target="pattern_success",
        label_params={"pattern": PATTERN},
        features="lean",
        horizon=HORIZON,
        training_days=10_000,
    )
    version, _ = train(request, ports)
    assert version.slot.name == "alphaplus_pattern_classifier"
    assert scan(WITH_ML, ports).events.equals(plain), "it waits in staging"

    outcome = evaluate_and_promote(EvaluateRequest(model_name="alphaplus_pattern_classifier"), ports, actor="test")
    assert outcome.evaluation.failed_gates == ()
    assert outcome.version.stage is Stage.PRODUCTION
    learned = scan(WITH_ML, ports).events.filter(pl.col("known_at") <= version.trained_to)
    assert len(learned) > 1_000
    assert learned["p_success"].null_count() == len(learned), "it would be told its own answers"

    ports.bars.append(market.rows(LEARNED, BARS))
    plain = scan(WANTED, ports).events
    judged = scan(WITH_ML, ports).events
    known = judged["p_success"].is_not_null()
    assert set(judged.filter(known)["known_at"] > version.trained_to) == {True}
    assert known.sum() > 300
    assert judged.drop("p_success", "confidence").equals(plain.drop("confidence"))

    refreshed, _ = train(request.model_copy(update={"seed": 1}), ports)
    rows = np.load(ports.artifacts.open(refreshed.artifact_uri) / "oos.npz")
    judgement = evaluate(refreshed, ports)
    assert judgement.champion == version.number
    assert [gate.n for gate in judgement.gates if gate.gate == "G6"] == [
        int(((rows["fold"] == -1) & (rows["as_of"] > version.trained_to)).sum())
    ]
    others, _ = train(request.model_copy(update={"label_params": {"pattern": "cdlbelthold"}, "family": "prior"}), ports)
    assert "the patterns are not those" in evaluate(others, ports).notes

    folder = ports.artifacts.open(version.artifact_uri)
    graph = next(folder.glob("*.onnx"))
    content = graph.read_bytes()
    graph.chmod(0o600)
    graph.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        with caplog.at_level(logging.WARNING):
            found = detect_patterns_with_ml(market, chosen_patterns([PATTERN]), ports)
    finally:
        graph.write_bytes(content)
    assert found.equals(plain.drop("symbol")), "a broken model takes no pattern away"
    assert "pattern model failed" in caplog.text


def test_bars_of_which_no_model_speaks_are_passed_on_beside_others(ports):
    other = simulate("N0", bars=2_000, seed=3)
    ports.bars.append(other)
    judged = scan(WITH_ML, ports).events
    assert judged.filter(symbol="SIM-N0")["p_success"].null_count() == len(judged.filter(symbol="SIM-N0"))
    assert len(judged.filter(symbol="SIM-N0")) > 100


def test_the_commands_train_and_scan(cli, market, tmp_path):
    path = tmp_path / "SIM-PLANTED-1h.csv.gz"
    write_csv(market.rows(0, 9_000), path)
    assert cli("data", "import", path, "--symbol", "SIM-PLANTED", "--timeframe", "1h").code == 0
    words = ("train", "--target", "pattern_success", "--label", f"pattern={PATTERN}", "--features", "lean")
    told = cli(*words, "--model-type", "LOGISTIC", "--training-days", 3000, "--json")
    assert told.code == 0, told.err
    assert told.json["slot"] == f"alphaplus_pattern_classifier/SIM-PLANTED/1h/all/pattern_success/{HORIZON}"
    scanned = [cli("patterns", "scan", "--pattern", PATTERN, flag, "--json") for flag in ("--ml", "--no-ml")]
    assert [done.code for done in scanned] == [0, 0]
    assert json.loads(scanned[0].out) == json.loads(scanned[1].out), "nobody is in production"
