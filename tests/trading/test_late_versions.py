"""Versions that come while a pipeline runs: they speak at the next bar, or it is said once why they cannot."""

import logging

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Origin
from alphaplus.core.errors import ModelUnavailable
from alphaplus.core.records import Prediction, Run
from alphaplus.features.sets import standing_sets
from alphaplus.registry.routing import Service
from alphaplus.storage.memory import MemoryLedger, MemoryPublisher
from alphaplus.trading import pipeline as building
from alphaplus.trading.live import run_live
from alphaplus.trading.pace import Unpaced
from alphaplus.trading.pipeline import Pipeline, pipeline_sets

SETS = [features.name for features in standing_sets()]
WARM = 700  # bars until the slowest of the columns, a daily one, has a value


class Registry:
    """Services that change while somebody reads them."""

    def __init__(self):
        self.serving = []

    def __call__(self):
        return tuple(self.serving)

    def promote(self, version):
        self.serving.append(Service(version.trained_to + 1, version))


class Row:
    """A predictor that answers with the sum of the row it is given: other features, another answer."""

    def predict(self, version, features, columns, as_of, symbol, *, explain=False):
        sums = features.sum(axis=1).tolist()
        return [
            Prediction(version.number, symbol, version.slot.timeframe, time, 1, value, (), 0.9)
            for time, value in zip(as_of.tolist(), sums, strict=True)
        ]


@pytest.fixture
def pipeline_of(compiled):
    """`pipeline_of(bars, registry, predictor)`: a fresh pipeline whose services change with the registry."""

    def fresh(bars, registry, predictor):
        given = {"settings": Settings(), "predictor": predictor, "services": registry, "cache_folder": compiled}
        return Pipeline(bars.instrument, bars.timeframe, **given)

    return fresh


def live(bars, pipeline, *, promote=None):
    """The last bars one by one, the promotion before the tenth of them."""
    ledger, publisher = MemoryLedger(), MemoryPublisher()

    def events():
        for i in range(WARM, len(bars)):
            if promote is not None and i == WARM + 10:
                promote()
            yield bars.rows(i, i + 1), True

    report = run_live(
        events(), pipeline, store=None, ledger=ledger, publisher=publisher, clock=FixedClock(0),
        run=Run(Origin.REPLAY, "r"), pace=Unpaced(),
    )  # fmt: skip
    return report, ledger, publisher


def complaints(caplog):
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("features", SETS)
def test_a_version_promoted_while_the_loop_runs_speaks_at_the_next_bar(
    markets, version_of, caplog, features, pipeline_of
):
    bars = markets.walk(WARM + 30, seed=8)
    version = version_of(bars, trained_to=0, features=features)
    early = Registry()
    early.promote(version)
    expected = pipeline_of(bars, early, Row()).observe(bars).said.predictions[WARM + 10 :]
    registry = Registry()
    pipeline = pipeline_of(bars, registry, Row())
    pipeline.warm(bars.rows(0, WARM))
    report, ledger, publisher = live(bars, pipeline, promote=lambda: registry.promote(version))
    assert len(expected) == 20
    assert None not in expected
    assert ledger.find(Prediction) == expected  # bit for bit those of a pipeline that knew it from the start
    assert (report.bars, report.silent, report.failures) == (30, 0, 0)
    shown = [event.payload["probability"] for event in publisher.events if event.kind == "bar"]
    assert shown == [None] * 10 + [said.value for said in expected]
    assert complaints(caplog) == []


def test_a_version_on_a_set_that_is_not_computed_is_named_once_and_counted_at_every_bar(
    markets, version_of, caplog, pipeline_of
):
    bars = markets.walk(WARM + 30, seed=8)
    registry = Registry()
    pipeline = pipeline_of(bars, registry, Row())
    pipeline.warm(bars.rows(0, WARM))
    version = version_of(bars, trained_to=0, features="all")
    report, _, publisher = live(bars, pipeline, promote=lambda: registry.promote(version))
    assert (report.bars, report.silent, report.failures) == (30, 20, 0)
    (complaint,) = complaints(caplog)
    assert complaint.message == "version cannot speak"
    assert (complaint.version, complaint.symbol) == (5, "TEST")
    assert "columns of version 5 are not computed here" in caplog.text
    last = [event.payload for event in publisher.events if event.kind == "decision"][-1]
    assert "columns of version 5 are not computed here" in last["panels"][0]["votes"][0]["reason"]


def test_a_pipeline_built_after_a_version_computes_what_it_needs(markets, version_of, monkeypatch, pipeline_of):
    bars = markets.walk(WARM, seed=8)
    registry = Registry()
    monkeypatch.setattr(building, "standing_sets", list)  # no model is trained on lean: it is a set like any other
    late = pipeline_of(bars, registry, Row())
    registry.promote(version_of(bars, trained_to=0, features="lean"))
    assert late.observe(bars).said.predictions[-1] is None
    assert pipeline_of(bars, registry, Row()).observe(bars).said.predictions[-1] is not None


def test_a_new_reason_is_told_again_and_so_is_an_old_one_after_a_recovery(
    markets, version_of, speaker, caplog, pipeline_of
):
    bars = markets.walk(WARM + 6, seed=8)
    registry, says = Registry(), speaker(0.6)
    registry.promote(version_of(bars, trained_to=0))
    pipeline = pipeline_of(bars, registry, says)
    pipeline.warm(bars.rows(0, WARM))
    gone, slow = ModelUnavailable("the artefact is gone"), TimeoutError("too slow")
    for i, said in enumerate([gone, gone, slow, slow, 0.6, slow]):
        says.said = said
        pipeline.observe(bars.rows(WARM + i, WARM + i + 1))
    assert [str(record.exc_info[1]) for record in complaints(caplog)] == [str(gone), str(slow), str(slow)]


@pytest.mark.parametrize("timeframe", [Timeframe.H1, Timeframe.D1])
def test_versions_of_any_timeframe_find_their_columns(markets, version_of, timeframe, pipeline_of):
    hourly = markets.walk(WARM, seed=9)
    times = np.arange(WARM, dtype=np.int64) * timeframe.ms + timeframe.floor(int(hourly.open_time[0]))
    bars = BarFrame(hourly.instrument, timeframe, hourly.table.with_columns(open_time=times))
    registry = Registry()
    pipeline = pipeline_of(bars, registry, Row())
    registry.promote(version_of(bars, trained_to=0, features="core"))
    said = pipeline.observe(bars).said
    assert said.failures == {}
    assert said.predictions[-1] is not None


def test_the_sets_to_warm_are_those_that_pipelines_compute(markets, speaker, monkeypatch, pipeline_of):
    bars = markets.walk(2, seed=1)
    built = []
    monkeypatch.setattr(building, "FeatureEngine", lambda features, *_, **__: built.append(features))
    Pipeline(bars.instrument, bars.timeframe, settings=Settings())
    pipeline_of(bars, Registry(), speaker(0.6))
    assert built == pipeline_sets()
    assert set(built[0].columns) == {"ema_20", "ema_50", "atr_14", "adx_14", "rsi_14"}
    assert all(set(features.columns) < set(built[1].columns) for features in [built[0], *standing_sets()])
