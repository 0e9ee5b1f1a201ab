"""The hub of live events, with made-up news."""

import asyncio
import json

import pytest
from django.db import DatabaseError

from alphaplus.web.stream import hub as room
from alphaplus.web.stream import source
from alphaplus.web.stream.client import MOST_WAITING, Client
from alphaplus.web.stream.event import encode
from alphaplus.web.stream.hub import Hub
from alphaplus.web.stream.source import News

TOPIC = "BTCUSDT:1h"


class Table:
    """Stands in for outbox and forming bars."""

    def __init__(self):
        self.rows, self.now, self.reads, self.broken = [], [], 0, False

    def say(self, kind="decision", topic=TOPIC, **payload):
        self.rows.append(News(topic, kind, payload, 5, len(self.rows) + 1))

    def form(self, topic=TOPIC, **payload):
        self.now.append(News(topic, "bar", payload, 5))

    def events(self, after, *, until=None, topic=None):
        self.reads += 1
        if self.broken:
            raise DatabaseError("locked")
        until = len(self.rows) if until is None else until
        return [row for row in self.rows if after < row.id <= until and topic in (None, row.topic)][: source.BATCH]

    def forming(self, revisions):
        found, self.now = self.now, []
        return found


@pytest.fixture
def table(monkeypatch):
    made = Table()
    monkeypatch.setattr(source, "events", made.events)
    monkeypatch.setattr(source, "forming", made.forming)
    monkeypatch.setattr(source, "newest_id", lambda: len(made.rows))
    monkeypatch.setattr(source, "oldest_id", lambda: made.rows[0].id if made.rows else 0)
    monkeypatch.setattr(source, "feed", lambda topic: None)
    monkeypatch.setattr(room.connections, "close_all", lambda: None)
    return made


def parsed(chunks):
    found = []
    for event in b"".join(chunks).decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.split("\n") if line)
        if "event" in lines and lines["event"] != "ping":
            found.append((lines["event"], json.loads(lines["data"]), lines.get("id")))
    return found


async def listen(hub, chunks, topic=TOPIC, last_id=None):
    async for chunk in hub.stream(topic, last_id):
        chunks.append(chunk)


async def settle(seconds=0.08):
    await asyncio.sleep(seconds)


def test_every_client_of_a_topic_hears_and_one_reader_reads_for_all(table):
    async def play():
        hub = Hub(interval=0.01)
        heard = [[] for _ in range(20)]
        tasks = [asyncio.create_task(listen(hub, chunks)) for chunks in heard]
        elsewhere = []
        tasks.append(asyncio.create_task(listen(hub, elsewhere, "ETHUSDT:1h")))
        await settle()
        reads = table.reads
        table.say(number=1)
        table.form(close=1.0)
        await settle()
        looks = table.reads - reads
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return heard, elsewhere, looks, len(hub)

    heard, elsewhere, looks, left = asyncio.run(play())
    assert {tuple(name for name, _, _ in parsed(chunks)) for chunks in heard} == {("decision", "bar")}
    assert parsed(elsewhere) == []
    assert looks < 20, "the table is read once for all clients, not once a client"
    assert left == 0


def test_nobody_listening_nobody_reads(table):
    async def play():
        hub = Hub(interval=0.01)
        task = asyncio.create_task(listen(hub, []))
        await settle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settle()
        before = table.reads
        await settle()
        return before, table.reads

    before, after = asyncio.run(play())
    assert 0 < before == after


def test_bars_are_numbered_without_gaps_and_only_kept_events_have_ids(table):
    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks))
        await settle()
        for close in range(5):
            table.form(close=close)
            await settle(0.03)
        table.say("bar", close=5.0, closed=True)
        await settle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return parsed(chunks)

    bars = asyncio.run(play())
    assert [payload["seq"] for _, payload, _ in bars] == [1, 2, 3, 4, 5, 6]
    assert [number for _, _, number in bars] == [None] * 5 + ["1"]
    assert all(payload["sent_at"] == 5 for _, payload, _ in bars)


@pytest.mark.parametrize("burst", [1, 40])
def test_an_event_written_while_a_client_joins_comes_exactly_once(table, burst):
    async def play():
        hub, first, second = Hub(interval=0.002), [], []
        tasks = [asyncio.create_task(listen(hub, first))]
        await settle()
        for number in range(burst):
            table.say(number=number)
            if number == burst // 2:
                tasks.append(asyncio.create_task(listen(hub, second, last_id=0)))
            await asyncio.sleep(0.001)
        await settle()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [[payload["number"] for _, payload, _ in parsed(chunks)] for chunks in (first, second)]

    assert asyncio.run(play()) == [list(range(burst))] * 2


def test_who_was_away_gets_what_it_missed_of_its_topic(table):
    for number in range(6):
        table.say(number=number, topic=TOPIC if number % 2 else "ETHUSDT:1h")

    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks, last_id=2))
        await settle()
        hub.close()
        await task
        return parsed(chunks)

    assert [(payload["number"], number) for _, payload, number in asyncio.run(play())] == [(3, "4"), (5, "6")]


def test_what_a_client_has_seen_elsewhere_does_not_come_again(table, monkeypatch):
    """Another process of the server may have been ahead of this one."""
    for number in (1, 2, 3):
        table.say(number=number)
    newest = iter([0, 3])  # this process reads for the first time just before the events are written
    monkeypatch.setattr(source, "newest_id", lambda: next(newest))

    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks, last_id=2))
        await settle()
        hub.close()
        await task
        return parsed(chunks)

    assert [payload["number"] for _, payload, _ in asyncio.run(play())] == [3]


def test_who_comes_from_another_database_begins_anew(table):
    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks, last_id=5000))
        await settle()
        table.say(number=1)
        await settle()
        hub.close()
        await task
        return parsed(chunks)

    assert asyncio.run(play()) == [("reset", {}, "0"), ("decision", {"number": 1}, "1")]


@pytest.mark.parametrize("lost", ["dropped", "too many"])
def test_who_missed_what_is_gone_is_told_to_begin_anew(table, monkeypatch, lost):
    for number in range(10):
        table.say(number=number)
    if lost == "dropped":
        del table.rows[:6]
        monkeypatch.setattr(source, "newest_id", lambda: 10)
    else:
        monkeypatch.setattr(source, "BATCH", 4)

    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks, last_id=1))
        await settle()
        hub.close()
        await task
        return parsed(chunks)

    assert asyncio.run(play()) == [("reset", {}, "10")]


def test_a_database_that_fails_is_asked_again(table, caplog):
    async def play():
        hub, chunks = Hub(interval=0.01), []
        task = asyncio.create_task(listen(hub, chunks))
        await settle()
        table.broken = True
        await settle()
        table.broken = False
        table.say(number=1)
        await settle()
        hub.close()
        await task
        return parsed(chunks)

    assert [payload for _, payload, _ in asyncio.run(play())] == [{"number": 1}]
    assert "trying again" in caplog.text


def test_closing_ends_open_streams_and_refuses_new_ones(table):
    async def play():
        hub, chunks, later = Hub(interval=0.01), [], []
        task = asyncio.create_task(listen(hub, chunks))
        await settle()
        hub.close()
        await asyncio.wait_for(task, 1)
        await asyncio.wait_for(listen(hub, later), 1)
        return later

    assert asyncio.run(play()) == []


def test_silence_is_broken_by_a_ping(table):
    async def play():
        hub, chunks = Hub(interval=0.01, ping=0.02), []
        task = asyncio.create_task(listen(hub, chunks))
        await settle(0.1)
        hub.close()
        await task
        return b"".join(chunks).count(b"event: ping")

    assert asyncio.run(play()) >= 2


def test_a_forming_bar_replaces_the_one_that_waits_and_never_follows_a_closed_one():
    async def play():
        client = Client(TOPIC)
        for close in (1, 2, 3):
            client.replace(encode("bar", {"close": close}))
        first = await client.next(1)
        client.replace(encode("bar", {"close": 4}))
        client.put(encode("bar", {"close": 5, "closed": True}, id=7))
        return parsed([first]), parsed([await client.next(1)])

    first, second = asyncio.run(play())
    assert [payload["close"] for _, payload, _ in first] == [3]
    assert [payload["close"] for _, payload, _ in second] == [5]


def test_a_client_that_does_not_read_is_let_go():
    async def play():
        client = Client(TOPIC)
        for number in range(MOST_WAITING + 1):
            client.put(encode("decision", {"number": number}, id=number))
        return await client.next(1), await client.next(1)

    waiting, end = asyncio.run(play())
    assert len(parsed([waiting])) == MOST_WAITING + 1
    assert end is None


def test_an_event_is_one_data_line():
    assert encode("note", {"text": "a\nb"}, id=3) == b'id: 3\nevent: note\ndata: {"text":"a\\nb"}\n\n'
