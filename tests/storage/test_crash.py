"""Processes killed at any moment, and several at once: what was acknowledged is there, a second run completes."""

import random
import subprocess
import sys
import time

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.market.write import write_csv
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows.collect import ImportRequest, import_files, verify
from tests.storage.conftest import bars_at

H1 = Timeframe.H1
NOW = 1_767_225_600_000

IMPORT = """
import os, signal, sys
from pathlib import Path
from alphaplus.core.bars import Timeframe
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows.collect import ImportRequest, import_files

file, folder, point, times, now = sys.argv[1:]
left = int(times)

def checkpoint(name):
    global left
    left -= name == point
    if name == point and left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

request = ImportRequest(files=(Path(file),), symbol="BTCUSDT", timeframe=Timeframe.H1)
[imported] = import_files(request, ParquetBarStore(Path(folder), checkpoint=checkpoint), now=int(now))
print(imported.report.stored)
"""

APPEND = """
import sys
from pathlib import Path
from alphaplus.core.bars import Timeframe
from alphaplus.market.sources.simulated import simulate
from alphaplus.storage.parquet import ParquetBarStore

folder, first, step, last = Path(sys.argv[1]), *map(int, sys.argv[2:])
bars = simulate("N0", bars=20_000)
store = ParquetBarStore(folder)
ParquetBarStore(folder.with_name("warm")).append(bars.rows(first, first + 1))
print("ready", flush=True)
sys.stdin.readline()
for start in range(first, last, step):
    appended = store.append(bars.rows(start, start + 50))
    print(start, appended.stored, flush=True)
"""


def start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("point", "times", "stored"),
    [
        ("locked", 1, 5000),
        ("parquet written", 1, 5000),
        ("parquet renamed", 3, 5000),
        ("json written", 1, 5000),
        ("json renamed", 1, 30_000),
        ("swept", 1, 30_000),
    ],
)
def test_an_import_killed_at_a_point_has_happened_wholly_or_not_at_all(tmp_path, point, times, stored):
    file, folder = tmp_path / "BTCUSDT.csv", tmp_path / "bars"
    store = ParquetBarStore(folder)
    store.append(bars_at(range(5000)))
    write_csv(bars_at(range(30_000)), file)
    process = start(IMPORT, file, folder, point, times, NOW)
    assert process.wait(60) == -9
    process.communicate()

    assert len(store.read("BTCUSDT", H1)) == stored
    assert verify(store).problems == ()
    request = ImportRequest(files=(file,), symbol="BTCUSDT", timeframe=H1)
    report = import_files(request, store, now=NOW)[0].report
    assert (report.stored, report.duplicates) == (30_000 - stored, stored)
    assert store.read("BTCUSDT", H1).table.equals(bars_at(range(30_000)).table)
    leftovers = [path.name for path in folder.rglob("*") if path.suffix == ".tmp"]
    assert leftovers == [] or stored == 30_000  # a run with nothing to write has nothing to sweep


def killed_at_random(folder, seconds, seed):
    """Kill an appending process after some time and check that every acknowledged bar is there."""
    process = start(APPEND, folder, 0, 50, 20_000)
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(random.Random(seed).random() * seconds)
    process.kill()
    output, _ = process.communicate()
    acknowledged = [int(line.split()[0]) for line in output.splitlines() if len(line.split()) == 2]
    store = ParquetBarStore(folder)
    assert verify(store).problems == ()
    if acknowledged:
        bars = store.read("SIM-N0", H1)
        assert len(bars) >= acknowledged[-1] + 50
    return len(acknowledged)


def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(tmp_path):
    counts = [killed_at_random(tmp_path / f"bars{seed % 2}", 0.3, seed) for seed in range(4)]
    assert sum(counts) > 0


@pytest.mark.slow
def test_many_kills_at_random_moments(tmp_path):
    for seed in range(200):
        killed_at_random(tmp_path / f"bars{seed % 10}", 0.5, seed)


def test_processes_that_append_at_once_lose_nothing(tmp_path):
    """Three processes write overlapping pieces of one series; each bar is stored once, by one of them."""
    folder, last = tmp_path / "bars", 2000
    processes = [start(APPEND, folder, first, 40, last) for first in (0, 10, 20)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    stored = 0
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        stored += sum(int(line.split()[1]) for line in output.splitlines())
    store = ParquetBarStore(folder)
    bars = store.read("SIM-N0", H1)
    assert stored == len(bars)
    assert (bars.missing_before[1:] == 0).all()
    assert len(bars) >= last
    assert verify(store).problems == ()
