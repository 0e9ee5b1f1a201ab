"""A replay, bar by bar through the live loop, gives exactly the decisions, trades and equity of the backtest."""

from collections import Counter

import numpy as np
import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Origin
from alphaplus.core.records import Decision, Prediction, Run, Trade, TradePlan
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.splits import WalkForward
from alphaplus.features.sets import feature_set
from alphaplus.inference.predictor import Predictor
from alphaplus.market.sources.replay import replay
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.registry.lifecycle import promote, register
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryLedger, MemoryPublisher
from alphaplus.trading.backtest import run_backtest
from alphaplus.trading.live import run_live
from alphaplus.trading.pace import Unpaced
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.serving import registered

RUN = Run(Origin.REPLAY, "test")
EAGER = Settings.model_validate(
    {"fusion": {"min_ml_confidence": 0.3}, "trading": {"fee_bps": 1.0, "slippage_bps": 0.0}}
)


def registry_of(bars, folder, compiled, *, horizon=24):
    """A LightGBM model trained on `bars`, promoted to production, and the predictor that serves it."""
    label = LabelSpec("signal_direction", horizon, {"threshold": 0})
    dataset = assemble([bars], feature_set("lean"), label, cache_folder=compiled)
    spec = ModelSpec.of(dataset, family="lightgbm", params={"rounds": 40})
    training = train(spec, dataset, splits=WalkForward.for_timeframe(bars.timeframe, max_folds=2))
    artifacts, models, clock = FileArtifactStore(folder / "artifacts"), MemoryModelStore(), FixedClock(10**12)
    training.save(folder / "model")
    version = register(
        models,
        slot=Slot("technical_ml", "+".join(spec.symbols), spec.timeframe, "all", spec.label.name, horizon),
        training=training,
        artifact=artifacts.put(folder / "model"),
        size_bytes=1,
        created_by="test",
        clock=clock,
    )
    version = promote(models, version.number, actor="test", clock=clock, override="the test needs it to serve")
    return models, Predictor(artifacts), version


def pipeline_of(bars, compiled, registry=None):
    given = {"settings": EAGER, "cache_folder": compiled}
    if registry is not None:
        models, predictor, _ = registry
        services = registered(models, bars.instrument.symbol, bars.timeframe)
        given |= {"predictor": predictor, "services": services}
    return Pipeline(bars.instrument, bars.timeframe, **given)


def replayed(events, pipeline, bars, first):
    """Run events through the live loop, the pipeline warmed on the bars before `first`."""
    ledger, publisher = MemoryLedger(), MemoryPublisher()
    pipeline.warm(bars.rows(0, first))
    report = run_live(
        events,
        pipeline,
        store=None,
        ledger=ledger,
        publisher=publisher,
        clock=FixedClock(0),
        run=RUN,
        pace=Unpaced(),
        as_of=int(bars.close_time[first - 1]),
    )
    assert (report.failures, report.silent) == (0, 0)
    return report, ledger, publisher


def compare(bars, first, compiled, registry=None):
    """Backtest from bar `first` on, replay the same bars through the live loop, demand equality."""
    backtest = run_backtest(bars, pipeline_of(bars, compiled, registry), start=int(bars.open_time[first]))
    events = replay(bars.rows(first, len(bars)), forming_steps=1)
    report, ledger, publisher = replayed(events, pipeline_of(bars, compiled, registry), bars, first)
    plans, decisions = ledger.find(TradePlan), ledger.find(Decision)
    live = sorted([*decisions, *(plan.signal.decision for plan in plans)], key=lambda decision: decision.as_of)
    assert live == list(backtest.decisions)
    assert [plan.signal for plan in plans] == list(backtest.signals)
    assert ledger.find(Prediction) == list(backtest.predictions)
    assert ledger.find(Trade) == [trade for trade in backtest.trades if trade.exit_reason != "open"]
    assert report.equity == backtest.equity[-1]
    shown = [event.payload for event in publisher.events if event.kind == "bar"]
    assert [bar["open_time"] for bar in shown] == bars.open_time[first:].tolist()
    return backtest


def exits(backtest):
    return Counter(trade.exit_reason for trade in backtest.trades)


@pytest.fixture(scope="module")
def planted(tmp_path_factory, compiled):
    """A market with an edge, and the registry of a model that learned it from the first 4,000 bars."""
    bars = simulate("M1", bars=5_000, seed=3)
    return bars, registry_of(bars.rows(0, 4_000), tmp_path_factory.mktemp("planted"), compiled, horizon=1)


def test_rules_alone(compiled):
    bars = simulate("N0", bars=1_500, seed=3)
    backtest = compare(bars, 400, compiled)
    assert len(backtest.trades) > 10
    found = exits(backtest)
    assert min(found["stop"], found["target"], found["reversed"]) >= 3  # each way out was compared


def test_with_a_model_on_a_planted_market(planted, compiled):
    bars, registry = planted
    backtest = compare(bars, 4_100, compiled, registry)
    counted = [decision for decision in backtest.decisions if decision.ml.probability is not None]
    assert len(counted) == len(backtest.decisions) == 900
    assert len({decision.side for decision in backtest.decisions}) > 1
    assert len(backtest.trades) > 30
    found = exits(backtest)
    assert min(found["target"], found["expired"], found["reversed"]) >= 3


def test_a_version_promoted_during_the_replay_says_what_it_says_in_the_backtest(planted, compiled):
    bars, (models, predictor, _) = planted
    first, promoted = 4_100, 4_300
    backtest = run_backtest(bars, pipeline_of(bars, compiled, planted[1]), start=int(bars.open_time[first]))
    source, known = registered(models, bars.instrument.symbol, bars.timeframe), []
    pipeline = Pipeline(
        bars.instrument,
        bars.timeframe,
        settings=EAGER,
        predictor=predictor,
        services=lambda: source() if known else (),
        cache_folder=compiled,
    )

    def events():
        for i in range(first, len(bars)):
            if i == promoted:
                known.append(True)
            yield bars.rows(i, i + 1), True

    _, ledger, _ = replayed(events(), pipeline, bars, first)
    plans, decisions = ledger.find(TradePlan), ledger.find(Decision)
    live = sorted([*decisions, *(plan.signal.decision for plan in plans)], key=lambda decision: decision.as_of)
    assert ledger.find(Prediction) == list(backtest.predictions[promoted - first :])
    assert live[promoted - first :] == list(backtest.decisions[promoted - first :])
    assert len(live) == len(backtest.decisions)


@pytest.mark.real_data
def test_rules_alone_on_recorded_bars(btc_1h, compiled):
    compare(btc_1h.rows(0, 2_000), 800, compiled)


@pytest.mark.real_data
def test_with_a_model_on_recorded_bars(btc_1h, tmp_path, compiled):
    registry = registry_of(btc_1h.rows(0, 12_000), tmp_path, compiled)
    version = registry[2]
    bars = btc_1h.rows(0, 13_000)
    first = int(np.searchsorted(bars.close_time, version.trained_to)) + 1
    backtest = compare(bars, max(first, 12_000), compiled, registry)
    assert backtest.versions == (version.number,)
    assert any(decision.reason == "" for decision in backtest.decisions)  # both panels counted somewhere


def test_any_chunks_observe_the_same(tmp_path, compiled):
    bars = simulate("M1", bars=3_500, seed=5)
    registry = registry_of(bars.rows(0, 3_000), tmp_path, compiled, horizon=1)
    whole = pipeline_of(bars, compiled, registry).observe(bars)
    pipeline, said, rows = pipeline_of(bars, compiled, registry), [], []
    start = 0
    rng = np.random.default_rng(0)
    while start < len(bars):
        stop = min(start + int(rng.integers(1, 200)), len(bars))
        if rng.random() < 0.3:
            fresh = pipeline_of(bars, compiled, registry)
            fresh.restore(pipeline.snapshot())
            pipeline = fresh
        part = pipeline.observe(bars.rows(start, stop))
        said += part.said.predictions
        rows += part.rows
        start = stop
    assert said == whole.said.predictions
    assert np.array_equal(np.array(rows), np.array(whole.rows), equal_nan=True)
