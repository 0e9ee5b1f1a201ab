"""News for screens: events stay, forming bars are replaced, feeds know how far they have come."""

import pytest

from alphaplus.core.clock import FixedClock
from alphaplus.web.models import Feed, FormingBar, Outbox
from alphaplus.web.ports import OrmPublisher
from alphaplus.web.queries.feeds import feed, finish_abandoned, known_until

TOPIC = "BTCUSDT:1h"
HOUR = 3_600_000
RUNNING = {"origin": "replay", "state": "running", "as_of": 10 * HOUR, "speed": 2.0}


@pytest.fixture
def clock():
    return FixedClock(1000)


@pytest.fixture
def publisher(db, clock):
    return OrmPublisher(clock=clock)


def test_forming_bars_replace_one_another(publisher):
    for close in (1.0, 2.0, 3.0):
        publisher.forming(TOPIC, {"open_time": 0, "close": close})
    row = FormingBar.objects.get()
    assert (row.payload["close"], row.revision) == (3.0, 3)
    assert Outbox.objects.count() == 0


def test_events_are_kept_in_order_with_a_growing_id(publisher):
    for number in range(3):
        publisher.publish(TOPIC, "decision", {"number": number, "missing": float("nan")})
    rows = list(Outbox.objects.values_list("pk", "payload__number", "payload__missing"))
    assert [row[1:] for row in rows] == [(0, None), (1, None), (2, None)]
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})


def test_a_closed_bar_moves_the_feed_on(publisher, clock):
    publisher.publish(TOPIC, "feed", RUNNING)
    assert known_until("BTCUSDT", "1h") == 10 * HOUR
    clock.at = 2000
    publisher.publish(TOPIC, "bar", {"open_time": 10 * HOUR, "close": 1.0, "closed": True})
    assert feed("BTCUSDT", "1h") == {**RUNNING, "as_of": 11 * HOUR, "updated_at": 2000}
    assert known_until("BTCUSDT", "1h") == 11 * HOUR
    assert known_until("ETHUSDT", "1h") is None


def test_a_finished_replay_no_longer_limits_what_is_shown(publisher):
    publisher.publish(TOPIC, "feed", RUNNING)
    publisher.publish(TOPIC, "feed", {**RUNNING, "state": "finished"})
    assert known_until("BTCUSDT", "1h") is None
    assert Feed.objects.count() == 1
    assert Outbox.objects.filter(kind="feed").last().payload["updated_at"] == 1000


def test_a_replay_whose_process_died_is_ended(publisher, clock):
    publisher.publish(TOPIC, "feed", RUNNING)
    assert finish_abandoned(clock.at + 1000) == 0
    assert finish_abandoned(clock.at + 60_000) == 1
    assert known_until("BTCUSDT", "1h") is None


def test_old_events_are_dropped_now_and_then(publisher, monkeypatch):
    monkeypatch.setattr("alphaplus.web.ports.publisher.KEPT_EVENTS", 10)
    monkeypatch.setattr("alphaplus.web.ports.publisher.SWEEP_EVERY", 25)
    for _ in range(60):
        publisher.publish(TOPIC, "decision", {})
    assert 10 <= Outbox.objects.count() <= 35
