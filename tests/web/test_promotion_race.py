"""Processes that promote at the same instant leave exactly one champion, and an unbroken trail."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PROCESSES, ROUNDS = 4, 25

SETUP = """
import sys
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
def event(action, subject):
    return AuditEvent(clock.now(), "racer", action, subject, "", "", "race")
"""

PROMOTE = """
import json
me, rounds = sys.argv[2], int(sys.argv[3])
spec = ModelSpec("prior", LabelSpec("signal_direction", 24), "core", "f" * 64, ("BTCUSDT",), Timeframe.H1)
slot = Slot("race", "BTCUSDT", Timeframe.H1, "all", "signal_direction", 24)
won = lost = 0
for turn in range(rounds):
    label = f"{me}-{turn}"
    mine = store.add(ModelVersion(slot, spec, "a", "b", "c", "d", 0, 1, 1, label=label), event("register", label))
    while True:
        champions = store.find(slot=slot, stage=Stage.PRODUCTION)
        changes = [(version.number, Stage.ARCHIVED) for version in champions]
        try:
            store.change([*changes, (mine.number, Stage.PRODUCTION)], event("promote", label))
        except RegistryError:
            lost += 1
            continue
        won += 1
        break
print(json.dumps({"won": won, "lost": lost}))
"""

COUNT = """
import json
verify(store.audit())
stages = [version.stage.value for version in store.find()]
print(json.dumps({"production": stages.count("production"), "archived": stages.count("archived"),
                  "events": len(store.audit()), "numbers": len({version.number for version in store.find()})}))
"""


def run(script, *arguments):
    command = [sys.executable, "-c", SETUP + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_four_processes_promote_at_once(home):
    with ThreadPoolExecutor(PROCESSES) as pool:  # threads only wait for their processes, which also race to migrate
        results = list(pool.map(lambda me: run(PROMOTE, home, f"p{me}", ROUNDS), range(PROCESSES)))
    assert [result["won"] for result in results] == [ROUNDS] * PROCESSES
    versions = PROCESSES * ROUNDS
    assert run(COUNT, home) == {
        "production": 1,
        "archived": versions - 1,
        "events": 2 * versions,
        "numbers": versions,
    }
