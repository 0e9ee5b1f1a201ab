"""The live loop: what it stores, records and publishes, and that one bad event does not end it."""

import json

import numpy as np
import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Origin
from alphaplus.core.records import Decision, Run, Trade, TradePlan
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.trading.live import run_live
from alphaplus.trading.pace import Metronome, Unpaced
from alphaplus.trading.pipeline import Pipeline

RUN = Run(Origin.REPLAY, "r1")


class Desk:
    """A pipeline with everything it writes to."""

    def __init__(self, markets, compiled, *, n=400, warm=300, seed=2):
        self.bars = markets.walk(n, seed=seed)
        self.pipeline = Pipeline(self.bars.instrument, self.bars.timeframe, settings=Settings(), cache_folder=compiled)
        self.pipeline.warm(self.bars.rows(0, warm))
        self.fresh = [self.bars.rows(i, i + 1) for i in range(warm, n)]
        self.store, self.ledger, self.publisher = MemoryBarStore(), MemoryLedger(), MemoryPublisher()
        self.clock = FixedClock(123)

    def run(self, events, *, store=True, pace=None):
        return run_live(
            events,
            self.pipeline,
            store=self.store if store else None,
            ledger=self.ledger,
            publisher=self.publisher,
            clock=self.clock,
            run=RUN,
            pace=pace or Unpaced(),
            as_of=int(self.fresh[0].open_time[0]),
        )

    def events(self, kind):
        return [event.payload for event in self.publisher.events if event.kind == kind]


@pytest.fixture
def desk(markets, compiled):
    return Desk(markets, compiled)


def test_closed_bars_are_stored_decided_recorded_and_published(desk):
    report = desk.run([(bar, True) for bar in desk.fresh])
    series = desk.bars.instrument.symbol, desk.bars.timeframe
    assert (report.bars, report.failures) == (100, 0)
    assert len(desk.store.read(*series)) == 100
    recorded = len(desk.ledger.find(Decision)) + len(desk.ledger.find(TradePlan))
    assert recorded == len(desk.events("decision")) == len(desk.events("bar")) == 100
    assert len(desk.ledger.find(TradePlan)) == report.signals > 0
    assert len(desk.ledger.find(Trade)) == report.trades
    assert {event.topic for event in desk.publisher.events} == {"TEST:1h"}
    json.dumps([event.payload for event in desk.publisher.events], allow_nan=False)


def test_messages_have_the_shapes_that_screens_read(desk):
    desk.run([(bar, True) for bar in desk.fresh])
    bar, decision = desk.events("bar")[-1], desk.events("decision")[-1]
    assert set(bar) == {"open_time", "open", "high", "low", "close", "volume", "closed", "probability", "sent_at"}
    assert (bar["closed"], bar["sent_at"], bar["probability"]) == (True, 123, None)
    assert set(decision) == {
        "as_of", "side", "probability", "confidence", "reason", "entry", "stop", "target", "expires_at", "panels",
        "contributions", "model", "origin",
    }  # fmt: skip
    assert (decision["as_of"], decision["origin"]) == (int(desk.bars.close_time[-1]), "replay")
    ml, rules = decision["panels"]
    assert (ml["panel"], rules["panel"]) == ("ml", "rules")
    assert set(ml) == {"panel", "probability", "confidence", "coverage", "agreement", "reason", "votes"}
    assert set(rules["votes"][0]) == {"voter", "weight", "probability", "confidence", "version", "reason"}
    opened = [message for message in desk.events("decision") if message["entry"] is not None]
    assert [message["as_of"] for message in opened] == [plan.signal.as_of for plan in desk.ledger.find(TradePlan)]
    assert all(message["stop"] is not None and message["side"] != "hold" for message in opened)


def test_the_feed_starts_and_ends_with_its_state(desk):
    desk.run([(bar, True) for bar in desk.fresh])
    first, last = desk.events("feed")
    assert first == {
        "origin": "replay",
        "state": "running",
        "as_of": int(desk.fresh[0].open_time[0]),
        "updated_at": 123,
        "speed": None,
    }
    assert (last["state"], last["as_of"]) == ("finished", int(desk.bars.close_time[-1]))


def test_a_forming_bar_is_shown_and_nothing_else(desk):
    report = desk.run([(desk.fresh[0], False)])
    assert report.bars == 0
    assert desk.ledger.find(Decision) == []
    assert desk.store.series() == []
    assert desk.publisher.forming_bars["TEST:1h"]["closed"] is False
    assert desk.events("bar") == []


def test_a_forming_bar_changes_no_decision(markets, compiled):
    plain, teased = Desk(markets, compiled), Desk(markets, compiled)
    plain.run([(bar, True) for bar in plain.fresh])
    teased.run([event for bar in teased.fresh for event in ((bar, False), (bar, True))])
    assert plain.ledger.find(Decision) == teased.ledger.find(Decision)


def test_a_bad_event_is_logged_and_counted_and_the_loop_goes_on(desk, caplog):
    events = [(bar, True) for bar in desk.fresh]
    events.insert(40, events[39])  # a bar that was taken in already
    report = desk.run(events, store=False)
    assert (report.bars, report.failures) == (100, 1)
    assert "event failed" in caplog.text
    assert "was taken in already" in caplog.text


def test_a_bar_that_contradicts_the_stored_one_is_not_decided(desk):
    other = desk.bars.rows(300, 301).table.with_columns(close=desk.bars.table["close"][300] * 1.001)
    desk.store.append(type(desk.bars)(desk.bars.instrument, desk.bars.timeframe, other))
    report = desk.run([(desk.fresh[0], True)])
    assert (report.bars, report.failures) == (0, 1)


def test_a_ledger_that_fails_once_does_not_end_the_loop(desk, caplog):
    record, calls = desk.ledger.record, []

    def flaky(*records, run):
        calls.append(run)
        if len(calls) == 3:
            raise OSError("disk full")
        record(*records, run=run)

    desk.ledger.record = flaky
    report = desk.run([(bar, True) for bar in desk.fresh])
    assert report.failures == 1
    assert len(calls) == 100
    assert "disk full" in caplog.text


def test_the_end_is_told_even_when_the_source_fails(desk):
    def events():
        yield desk.fresh[0], True
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        desk.run(events())
    assert desk.events("feed")[-1]["state"] == "finished"


def test_a_keyboard_interrupt_ends_the_loop_with_its_report(desk):
    def events():
        yield from ((bar, True) for bar in desk.fresh[:7])
        raise KeyboardInterrupt

    report = desk.run(events())
    assert (report.bars, report.failures) == (7, 0)
    last = desk.events("feed")[-1]
    assert (last["state"], last["as_of"]) == ("finished", report.as_of)
    assert report.as_of == int(desk.fresh[6].close_time[0])


def test_a_keyboard_interrupt_inside_an_event_leaves_that_event_out(desk):
    record, calls = desk.ledger.record, []

    def interrupted(*records, run):
        calls.append(run)
        if len(calls) == 4:
            raise KeyboardInterrupt
        record(*records, run=run)

    desk.ledger.record = interrupted
    report = desk.run([(bar, True) for bar in desk.fresh])
    assert (report.bars, report.failures, len(desk.events("bar"))) == (3, 0, 3)
    assert desk.events("feed")[-1]["state"] == "finished"


class Watch:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self):
        self.at, self.slept = 0.0, []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds


def metronome(watch, *, stopped=lambda: False, speed=2.0, events_per_bar=5):
    return Metronome(speed, events_per_bar=events_per_bar, now=watch.now, sleep=watch.sleep, stopped=stopped)


def test_the_metronome_keeps_its_beat():
    watch = Watch()
    pace = metronome(watch)
    times = []
    for work in (0.0, 0.03, 0.05, 0.0, 0.0):
        assert pace.wait()
        times.append(watch.at)
        watch.at += work
    assert np.allclose(times, [0.0, 0.1, 0.2, 0.3, 0.4])


def test_after_a_stall_the_metronome_does_not_catch_up():
    watch = Watch()
    pace = metronome(watch)
    pace.wait()
    watch.at += 10.0
    times = []
    for _ in range(3):
        pace.wait()
        times.append(watch.at)
    assert np.allclose(times, [10.0, 10.1, 10.2])


def test_a_slow_metronome_hears_the_stop():
    watch = Watch()
    pace = metronome(watch, speed=0.01, stopped=lambda: watch.at > 1.0)
    assert pace.wait()
    assert not pace.wait()
    assert watch.at < 1.5


def test_a_stopped_pace_ends_the_loop(desk):
    watch = Watch()
    report = desk.run([(bar, True) for bar in desk.fresh], pace=metronome(watch, stopped=lambda: watch.at > 1.0))
    assert 5 < report.bars < 15
    assert desk.events("feed")[-1] == {
        "origin": "replay",
        "state": "finished",
        "as_of": report.as_of,
        "updated_at": 123,
        "speed": 2.0,
    }
