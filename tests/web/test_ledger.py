"""The ledger in tables and the one in memory keep the same promises."""

from dataclasses import replace

import pytest

from alphaplus.core.enums import Origin, Side
from alphaplus.core.records import Alert, Decision, Prediction, Run, Signal, Trade, TradePlan
from alphaplus.storage.memory import MemoryLedger
from alphaplus.web import models as tables
from alphaplus.web.ports import OrmLedger

LIVE = Run(Origin.LIVE, "live-1")


@pytest.fixture(params=[MemoryLedger, OrmLedger])
def ledger(request, ports, make):
    ports.models.add(make.version(), make.event("register"))
    return request.param()


@pytest.fixture
def story(make):
    return make.story()


def of(story, kind):
    return [record for record in story.records if isinstance(record, kind)]


@pytest.mark.parametrize("kind", [Prediction, Decision, Signal, Trade])
def test_records_come_back_as_they_were_written(ledger, story, kind):
    ledger.record(*story.records, run=story.run)
    assert ledger.find(kind) == of(story, kind)


def test_finding_by_fields_and_run(ledger, story, make):
    ledger.record(*story.records, run=story.run)
    later = replace(of(story, Prediction)[-1], as_of=make.now + make.hour)
    ledger.record(later, run=LIVE)
    assert ledger.find(Prediction, run="live-1") == [later]
    assert ledger.find(Prediction, as_of=make.now + make.hour, symbol="BTCUSDT", version=1) == [later]
    assert ledger.find(Prediction, symbol="ETHUSDT") == []
    shorts = ledger.find(Decision, side=Side.SHORT)
    assert shorts == [decision for decision in of(story, Decision) if decision.side is Side.SHORT]
    assert ledger.find(Prediction, value=0.7, run=story.run.id) == [p for p in of(story, Prediction) if p.value == 0.7]


def test_a_plan_keeps_its_size_or_its_refusal(ledger, story):
    taken, refused = of(story, Signal)[:2]
    plans = [TradePlan(taken, 0.5), TradePlan(refused, 0.0, "drawdown brake")]
    ledger.record(*plans, run=LIVE)
    assert ledger.find(TradePlan, run="live-1") == plans


def test_alerts_are_kept(ledger):
    alert = Alert(5, "stale", "no bar for an hour", "BTCUSDT")
    ledger.record(alert, run=LIVE)
    assert ledger.find(Alert) == [alert]


def test_writing_twice_changes_nothing(ports, story, make):
    """A run that died after writing may write again."""
    ports.models.add(make.version(), make.event("register"))
    for _ in range(2):
        ports.ledger.record(*story.records, run=story.run)
    counts = [table.objects.count() for table in (tables.Prediction, tables.Decision, tables.Signal, tables.Trade)]
    assert counts == [30, 30, 20, 20]


def test_a_signal_brings_its_decision_along(ports, story):
    ports.ledger.record(of(story, Signal)[0], run=LIVE)
    assert tables.Decision.objects.filter(origin="live").count() == 1


def test_what_has_no_table_is_refused_and_nothing_is_written(ports, story):
    with pytest.raises(TypeError, match="Run"):
        ports.ledger.record(of(story, Decision)[0], LIVE, run=LIVE)
    assert tables.Decision.objects.count() == 0
