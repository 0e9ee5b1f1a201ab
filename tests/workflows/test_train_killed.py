"""A grid killed with -9 at any named point and run again: the same artefacts, each registered once, nothing left."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from alphaplus.market.sources.simulated import simulate
from alphaplus.storage.parquet import ParquetBarStore

KILLED = """
import os, signal, sys
from pathlib import Path
from alphaplus.core.clock import SystemClock
from alphaplus.core.config import Settings
from alphaplus.core.parallel import Backend
from alphaplus.web.setup import setup
from alphaplus.workflows.base import Silent
from alphaplus.workflows.train import TrainRequest
from alphaplus.workflows.train_many import TrainManyRequest, train_many

home, point, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def checkpoint(name):
    global times
    times -= name == point
    if name == point and times == 0:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home=home, parallel=Backend.SEQUENTIAL)
setup(settings)
from alphaplus.web.ports import open_ports
ports = open_ports(settings, clock=SystemClock(), progress=Silent())
base = TrainRequest(features="lean", threshold=0.0)
request = TrainManyRequest(base=base, families=("logistic",), horizons=(1, 2))
for cell in train_many(request, ports, checkpoint=checkpoint):
    print(cell.slot.horizon, cell.version.sha256, cell.there_before)
"""
POINTS = (
    ("final kept", 1, 0),
    ("fold 5 kept", 2, 1),
    ("artifact stored", 1, 0),
    ("version entered", 2, 1),
    ("registered", 1, 1),
)
"""Where the run dies, at the how-manieth time, and how many versions are registered by then."""


def run_grid(home, compiled, point="never", times=1):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home), point, str(times)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "NUMBA_CACHE_DIR": str(compiled / "numba")},
    )
    return done.returncode, [tuple(line.split()) for line in done.stdout.splitlines()], done.stderr


def versions(home):
    """How many are registered, each of which has its session."""
    with closing(sqlite3.connect(home / "alphaplus.sqlite3")) as database:
        numbers = database.execute("SELECT number FROM model_version ORDER BY number").fetchall()
        assert database.execute("SELECT version_id FROM training_session ORDER BY version_id").fetchall() == numbers
    return len(numbers)


@pytest.fixture(scope="module")
def homes(tmp_path_factory, compiled):
    """Makes homes in which a market is stored."""

    def made(name):
        home = tmp_path_factory.mktemp(name)
        (home / "cache").symlink_to(compiled, target_is_directory=True)
        ParquetBarStore(home / "bars").append(simulate("M1", bars=1_500, seed=1, symbol="AAA"))
        return home

    return made


@pytest.fixture(scope="module")
def undisturbed(homes, compiled):
    """Hashes of the grid's artefacts, trained without a disturbance."""
    code, lines, err = run_grid(homes("undisturbed"), compiled)
    assert code == 0, err
    return {horizon: sha256 for horizon, sha256, _ in lines}


@pytest.mark.parametrize(("point", "times", "registered"), POINTS)
def test_a_grid_killed_at_a_point_ends_as_if_it_had_not_been(homes, compiled, undisturbed, point, times, registered):
    home = homes("killed")
    code, lines, _ = run_grid(home, compiled, point, times)
    assert (code, lines, versions(home)) == (-signal.SIGKILL, [], registered)
    code, lines, err = run_grid(home, compiled)
    assert code == 0, err
    assert {horizon: sha256 for horizon, sha256, _ in lines} == undisturbed
    assert [there for *_, there in lines].count("True") == registered
    assert versions(home) == 2, "each is registered once"
    left = {str(path.relative_to(home / "scratch")) for path in (home / "scratch").rglob("*")}
    assert left == {"artifacts", "artifacts/.lock", "datasets", "datasets/.lock", "trainings"}
