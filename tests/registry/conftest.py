"""Versions and evaluations made by hand, and a store in memory."""

from dataclasses import dataclass, field

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.records import AuditEvent, Evaluation, GateResult
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import ModelVersion, Slot

NOW = 1_763_596_800_000


def make_spec(*, family="lightgbm", symbols=("BTCUSDT",), seed=0, horizon=24):
    return ModelSpec(
        family, LabelSpec("signal_direction", horizon), "core", "f" * 64, tuple(symbols), Timeframe.H1, seed=seed
    )


def make_slot(*, symbol="BTCUSDT", name="technical_ml", regime="all", horizon=24):
    return Slot(name, symbol, Timeframe.H1, regime, "signal_direction", horizon)


@dataclass
class Desk:
    """A store, a clock, and short ways to fill it."""

    store: MemoryModelStore = field(default_factory=MemoryModelStore)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    @property
    def who(self):
        return {"actor": "tester", "clock": self.clock}

    def add(self, *, slot=None, spec=None, stage=Stage.STAGING, trained_to=NOW - 1, deployed_at=0):
        slot = slot or make_slot()
        number = len(self.store.find()) + 1
        version = ModelVersion(
            slot=slot,
            spec=spec or make_spec(symbols=slot.symbols, seed=number),
            artifact_uri=f"uri{number}",
            sha256=f"sha{number}",
            dataset_hash="d",
            featureset_hash="f" * 64,
            trained_from=0,
            trained_to=trained_to,
            samples=100,
            label=f"lgb_{number}",
            stage=stage,
            created_at=NOW,
            deployed_at=deployed_at,
        )
        return self.store.add(version, AuditEvent(NOW, "tester", "register", version.label, "", "staging", "made"))

    def judge(self, version, verdict=Verdict.PROMOTE):
        passed = verdict is Verdict.PROMOTE
        gate = GateResult("G1", "skill", 0.01, 0.0, 500, passed)
        self.store.add_evaluation(Evaluation(version.number, None, 0, NOW, {}, (gate,), verdict, 0.2))
        return version

    def stages(self):
        return {version.number: version.stage for version in self.store.find()}


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture(scope="session")
def new_desk():
    """Makes an empty desk for each example of a property."""
    return Desk


@pytest.fixture
def slot_of():
    return make_slot


@pytest.fixture
def spec_of():
    return make_spec
