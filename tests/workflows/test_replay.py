"""Replay by command: several symbols at once, to the end and until asked to stop."""

import os
import signal
import subprocess
import sys
import time

import pytest

from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv

SYMBOLS = ("AAA", "BBB")


@pytest.fixture(scope="module")
def stored(module_cli, tmp_path_factory):
    """A home with two simulated series of 600 bars."""
    folder = tmp_path_factory.mktemp("files")
    for seed, symbol in enumerate(SYMBOLS):
        path = folder / f"{symbol}.csv"
        write_csv(simulate("N0", bars=600, seed=seed, symbol=symbol), path)
        words = ("data", "import", path, "--symbol", symbol, "--timeframe", "1h", "--venue", "simulated")
        assert module_cli(*words).code == 0
    return module_cli


def test_every_symbol_is_replayed_to_its_end(stored):
    done = stored("replay", "--bars", "12", "--speed", "200", "--forming-steps", "1", "--json")
    assert done.code == 0, done.err
    assert [(one["bars"], one["failures"]) for one in done.json["replays"]] == [(12, 0), (12, 0)]


def test_a_replay_that_is_asked_to_stop_ends_soundly(stored):
    command = [sys.executable, "-m", "alphaplus", "replay", "--bars", "500", "--speed", "2", "--json"]
    env = {**os.environ, "ALPHAPLUS_HOME": str(stored.home)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "replaying" in process.stderr.readline()
        with stored.serving() as get:
            deadline = time.monotonic() + 60
            while '"state": "running"' not in get("/api/market/chart?symbol=BBB&timeframe=1h&limit=5"):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            assert '"failures": 0' in out
            for symbol in SYMBOLS:
                assert '"state": "finished"' in get(f"/api/market/chart?symbol={symbol}&timeframe=1h&limit=5")
