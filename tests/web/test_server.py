"""The real server in a process of its own: pages, static files, live events, shutdown."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import httpx
import pytest

SERVE = """
import sys
from pathlib import Path
from alphaplus.core.config import Settings
from alphaplus.web.server import serve
serve(Settings(home=Path(sys.argv[1])), "127.0.0.1", 0)
"""
TOPIC = "BTCUSDT:1h"
STREAM = "/ml/stream?symbol=BTCUSDT&timeframe=1h"


class Server:
    """A running server, its address and the sign-in link it printed."""

    def __init__(self, home):
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home)], stderr=subprocess.PIPE, text=True, cwd=home
        )
        self.printed = ""
        while "signin" not in self.printed:
            line = self.process.stderr.readline()
            assert line, f"the server ended: {self.printed}"
            self.printed += line
        self.address = re.search(r"http://127\.0\.0\.1:\d+", self.printed).group()
        self.link = re.search(r"http\S+/signin/\S+", self.printed).group()

    def write(self, kind, payload, topic=TOPIC):
        with closing(sqlite3.connect(self.home / "alphaplus.sqlite3", timeout=20)) as database, database:
            statement = "INSERT INTO outbox (topic, kind, payload, created_at) VALUES (?, ?, ?, ?)"
            return database.execute(statement, (topic, kind, json.dumps(payload), 1)).lastrowid

    def form(self, close):
        with closing(sqlite3.connect(self.home / "alphaplus.sqlite3", timeout=20)) as database, database:
            database.execute(
                "INSERT INTO forming_bar (topic, revision, payload, updated_at) VALUES (?, 1, ?, 1) "
                "ON CONFLICT (topic) DO UPDATE SET revision = revision + 1, payload = excluded.payload",
                (TOPIC, json.dumps({"close": close, "closed": False})),
            )

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        begun = time.monotonic()
        self.process.wait(timeout=20)
        self.process.stderr.close()
        return time.monotonic() - begun


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("served"))
    yield running
    if running.process.poll() is None:
        running.stop()


class Listener(threading.Thread):
    """One browser's stream, its events as they came."""

    def __init__(self, server, **headers):
        super().__init__(daemon=True)
        self.address, self.headers = server.address + STREAM, headers
        self.events, self.ended, self.answer = [], threading.Event(), None
        self.first_after = None
        self.begun = time.monotonic()
        self.start()

    def run(self):
        with httpx.Client(timeout=30) as client, client.stream("GET", self.address, headers=self.headers) as answer:
            self.answer = answer
            event = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if "event" in event:
                    self.first_after = self.first_after or time.monotonic() - self.begun
                    if event["event"] != "ping":
                        self.events.append(event)
                event = {}
        self.ended.set()

    def wait_for(self, count, seconds=10):
        until = time.monotonic() + seconds
        while len(self.events) < count and time.monotonic() < until:
            time.sleep(0.01)
        return [(event["event"], json.loads(event["data"]), event.get("id")) for event in self.events]

    def opened(self):
        until = time.monotonic() + 10
        while self.first_after is None and time.monotonic() < until:
            time.sleep(0.01)
        return self


def test_two_clients_hear_the_same_within_moments(server):
    listeners = [Listener(server).opened() for _ in range(2)]
    assert max(listener.first_after for listener in listeners) < 5
    server.form(1.0)
    time.sleep(0.3)
    number = server.write("bar", {"close": 2.0, "closed": True})
    server.write("decision", {"side": "hold"})
    server.write("decision", {"side": "long"}, topic="ETHUSDT:1h")
    heard = [listener.wait_for(3) for listener in listeners]
    assert heard[0] == heard[1]
    assert [name for name, _, _ in heard[0]] == ["bar", "bar", "decision"]
    forming, closed, _ = heard[0]
    assert (forming[1]["close"], forming[2]) == (1.0, None)
    assert (closed[1]["close"], closed[2]) == (2.0, str(number))
    assert closed[1]["seq"] == forming[1]["seq"] + 1


def test_the_stream_asks_not_to_be_compressed_or_held_back(server):
    answer = Listener(server, **{"Accept-Encoding": "gzip, br"}).opened().answer
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Content-Encoding"] == "identity"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "no-cache" in answer.headers["Cache-Control"]


def test_the_last_event_id_brings_what_was_missed(server):
    seen = server.write("decision", {"number": 0})
    missed = [server.write("decision", {"number": number}) for number in (1, 2)]
    heard = Listener(server, **{"Last-Event-ID": str(seen)}).wait_for(2)
    assert [(payload["number"], number) for _, payload, number in heard] == [(1, str(missed[0])), (2, str(missed[1]))]


@pytest.mark.parametrize("seen", ["9" * 5000, "\u00b2", "\u00ff", "-1", "1.5", "9" * 19])
def test_an_odd_last_event_id_is_none_at_all(server, seen):
    headers = {"Last-Event-ID": seen.encode("latin-1")}
    with httpx.stream("GET", server.address + STREAM, headers=headers, timeout=10) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()).startswith("retry")


def test_refusals_and_heads_under_the_api(server):
    assert httpx.get(f"{server.address}/api/nothing", timeout=10).json()["status"] == 404
    foreign = httpx.get(f"{server.address}/api/ml/models/", headers={"Host": "evil.example"}, timeout=10)
    assert (foreign.status_code, foreign.headers["Content-Type"]) == (400, "application/problem+json")
    for path in ("/api/ml/health", "/api/ml/models/", "/ml/", STREAM):
        head = httpx.head(server.address + path, timeout=10)
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("symbol=BTCUSDT&timeframe=1x", 404),
        ("", 404),
        ("symbol=%24(reboot)&timeframe=1h", 422),
        ("symbol=BTCUSDT&timeframe=1h", 200),
    ],
)
def test_a_wrong_address_is_an_answer_not_a_silence(server, query, status):
    with httpx.stream("GET", f"{server.address}/ml/stream?{query}", timeout=10) as answer:
        assert answer.status_code == status


def test_static_files_carry_their_hash_and_may_be_kept(server):
    page = httpx.get(f"{server.address}/nothing/here", timeout=10)
    assert page.status_code == 404
    sheet = re.search(r"/static/alphaplus/plain\.[0-9a-f]{12}\.css", page.text).group()
    answer = httpx.get(server.address + sheet, timeout=10)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (server.home / "static/staticfiles.json").exists()


def test_the_printed_link_signs_in_once(server):
    with httpx.Client(timeout=10) as browser:
        assert browser.get(server.link).headers["Location"] == "/ml/"
        assert browser.get(f"{server.address}/admin/").status_code == 200
    assert httpx.get(server.link, timeout=10).status_code == 403


def test_nothing_but_reading_without_signing_in(server):
    assert httpx.post(f"{server.address}/api/ml/models/", timeout=10).status_code == 401
    assert httpx.get(f"{server.address}/ml/about", headers={"Host": "evil.example"}, timeout=10).status_code == 400
    proxied = httpx.get(f"{server.address}/api/ml/models/", headers={"X-Forwarded-For": "127.0.0.1"}, timeout=10)
    assert proxied.status_code == 401


def test_a_port_that_is_taken_is_said_plainly(server, home):
    from alphaplus.core.config import Settings
    from alphaplus.core.errors import ConfigError
    from alphaplus.web.server import _listen

    assert Settings(home=home).web.host == "127.0.0.1"
    with pytest.raises(ConfigError, match="cannot listen"):
        _listen("127.0.0.1", int(server.address.rpartition(":")[2]))


def test_open_streams_do_not_hold_up_the_end(server):
    """Runs last: it stops the server that the other tests share."""
    listeners = [Listener(server).opened() for _ in range(3)]
    seconds = server.stop()
    assert seconds < 5
    assert all(listener.ended.wait(5) for listener in listeners)
