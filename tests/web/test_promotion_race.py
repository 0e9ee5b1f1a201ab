"""Processes that promote at the same instant leave exactly one champion a slot, and an unbroken trail."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PROCESSES, ROUNDS = 4, 10

SETUP = """
import json, sys
from pathlib import Path
from alphaplus.core.config import Settings
from alphaplus.web.setup import setup
setup(Settings(home=Path(sys.argv[1])))
from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import SystemClock
from alphaplus.core.enums import Stage
from alphaplus.core.errors import RegistryError
from alphaplus.core.records import AuditEvent
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.audit import verify
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.web.ports import OrmModelStore
store, clock = OrmModelStore(), SystemClock()
spec = ModelSpec("prior", LabelSpec("signal_direction", 24), "core", "f" * 64, ("BTCUSDT",), Timeframe.H1)
def event(action, subject):
    return AuditEvent(clock.now(), "racer", action, subject, "", "", "race")
def add(slot, label):
    return store.add(ModelVersion(slot, spec, "a", "b", "c", "d", 0, 1, 1, label=label), event("register", label))
def slot_called(name):
    return Slot(name, "BTCUSDT", Timeframe.H1, "all", "signal_direction", 24)
"""

RACE = """
me, rounds = sys.argv[2], int(sys.argv[3])
won = lost = 0
for turn in range(rounds):
    mine = add(slot_called(f"first-{turn}"), f"{me}-first-{turn}")
    try:
        store.change([(mine.number, Stage.PRODUCTION)], event("promote", mine.label))
        won += 1
    except RegistryError:
        lost += 1
slot, relayed, most = slot_called("relay"), 0, 0
for turn in range(rounds):
    mine = add(slot, f"{me}-relay-{turn}")
    while True:
        champions = store.find(slot=slot, stage=Stage.PRODUCTION)
        most = max(most, len(champions))
        changes = [(version.number, Stage.ARCHIVED) for version in champions]
        try:
            store.change([*changes, (mine.number, Stage.PRODUCTION)], event("promote", mine.label))
        except RegistryError:
            continue
        relayed += 1
        break
print(json.dumps({"won": won, "lost": lost, "relayed": relayed, "most": most}))
"""

COUNT = """
verify(store.audit())
champions = store.find(stage=Stage.PRODUCTION)
print(json.dumps({"champions": len(champions), "slots": len({version.slot for version in champions}),
                  "events": len(store.audit()), "versions": len({version.number for version in store.find()})}))
"""


def run(script, *arguments):
    command = [sys.executable, "-c", SETUP + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_four_processes_promote_at_once(home):
    """First into empty slots, where one of four wins; then in turns into one slot, where each wins in the end."""
    with ThreadPoolExecutor(PROCESSES) as pool:  # the processes also race to make the database
        results = list(pool.map(lambda me: run(RACE, home, f"p{me}", ROUNDS), range(PROCESSES)))
    assert sum(result["won"] for result in results) == ROUNDS
    assert sum(result["lost"] for result in results) == (PROCESSES - 1) * ROUNDS
    assert [result["relayed"] for result in results] == [ROUNDS] * PROCESSES
    assert max(result["most"] for result in results) == 1
    versions = 2 * PROCESSES * ROUNDS
    assert run(COUNT, home) == {
        "champions": ROUNDS + 1,
        "slots": ROUNDS + 1,
        "events": versions + ROUNDS + PROCESSES * ROUNDS,
        "versions": versions,
    }
