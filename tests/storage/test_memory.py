"""The ledger and the publisher in memory."""

from dataclasses import replace

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Origin
from alphaplus.core.records import Alert, Prediction, Run
from alphaplus.storage.memory import MemoryLedger, MemoryPublisher


def test_a_ledger_finds_records_by_kind_fields_and_run():
    ledger = MemoryLedger()
    one = Prediction(1, "BTCUSDT", Timeframe.H1, 5, 1, 0.6, (0.4, 0.6), 0.5)
    two = replace(one, as_of=6, version=2)
    alert = Alert(5, "drift", "moved")
    ledger.record(one, alert, run=Run(Origin.BACKTEST, "a"))
    ledger.record(two, run=Run(Origin.REPLAY, "b"))
    assert ledger.find(Prediction) == [one, two]
    assert ledger.find(Prediction, symbol="BTCUSDT", version=2) == [two]
    assert ledger.find(Prediction, run="a") == [one]
    assert ledger.find(Alert, run="b") == []


def test_a_publisher_keeps_events_and_the_newest_forming_bar():
    publisher = MemoryPublisher()
    publisher.publish("BTCUSDT:1h", "bar", {"close": 1.0})
    publisher.forming("BTCUSDT:1h", {"close": 1.1})
    publisher.forming("BTCUSDT:1h", {"close": 1.2})
    assert [(event.topic, event.kind) for event in publisher.events] == [("BTCUSDT:1h", "bar")]
    assert publisher.forming_bars == {"BTCUSDT:1h": {"close": 1.2}}
