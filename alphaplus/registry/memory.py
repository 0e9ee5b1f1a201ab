"""A model store in memory, for tests and notebooks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock

from alphaplus.core.enums import Stage
from alphaplus.core.errors import RegistryError, UnknownVersion
from alphaplus.core.records import AuditEvent, Evaluation
from alphaplus.registry import stages
from alphaplus.registry.audit import chain
from alphaplus.registry.versions import EXCLUSIVE, ModelVersion, Slot


class MemoryModelStore:
    """Holds versions in a dictionary; one lock makes every change all or nothing."""

    def __init__(self) -> None:
        self._versions: dict[int, ModelVersion] = {}
        self._evaluations: list[Evaluation] = []
        self._audit: list[AuditEvent] = []
        self._lock = RLock()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside, or nothing; see `ModelStore`."""
        with self._lock:
            before = dict(self._versions), list(self._evaluations), list(self._audit)
            try:
                yield
            except BaseException:
                self._versions, self._evaluations, self._audit = before
                raise

    def add(self, version: ModelVersion, event: AuditEvent) -> ModelVersion:
        """Store a new version and the event; see `ModelStore`."""
        with self._lock:
            if any(known.label == version.label for known in self._versions.values()):
                raise RegistryError(f"a version is already called {version.label}")
            numbered = replace(version, number=max(self._versions, default=0) + 1)
            _check_exclusive([*self._versions.values(), numbered])
            self._versions[numbered.number] = numbered
            self._record(event)
            return numbered

    def get(self, key: int | str) -> ModelVersion:
        """Find by number or label; raises UnknownVersion."""
        with self._lock:
            if isinstance(key, int) or key.isdigit():
                found = self._versions.get(int(key))
            else:
                found = next((version for version in self._versions.values() if version.label == key), None)
            if found is None:
                raise UnknownVersion(f"no model version {key!r}", hint="`alphaplus models list` shows them", key=key)
            return found

    def find(
        self, slot: Slot | None = None, stage: Stage | None = None, symbol: str | None = None
    ) -> list[ModelVersion]:
        """Versions that match every criterion, oldest first."""
        with self._lock:
            return [
                version
                for version in self._versions.values()
                if (slot is None or version.slot == slot)
                and (stage is None or version.stage is stage)
                and (symbol is None or symbol in version.slot.symbols)
            ]

    def change(self, changes: Sequence[tuple[int, Stage]], event: AuditEvent) -> None:
        """Change stages and record the event, all or nothing; see `ModelStore`."""
        with self._lock:
            after = dict(self._versions)
            for number, stage in changes:
                version = after[self.get(number).number]
                stages.check(version.stage, stage, action=event.action)
                first = stage is Stage.PRODUCTION and not version.deployed_at
                after[number] = replace(version, stage=stage, deployed_at=event.at if first else version.deployed_at)
            _check_exclusive(list(after.values()))
            self._versions = after
            self._record(event)

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Record an evaluation; raises UnknownVersion."""
        with self._lock:
            self.get(evaluation.candidate)
            self._evaluations.append(evaluation)

    def evaluations(self, number: int) -> list[Evaluation]:
        """Evaluations of a candidate, oldest first."""
        with self._lock:
            return [evaluation for evaluation in self._evaluations if evaluation.candidate == number]

    def audit(self) -> list[AuditEvent]:
        """The whole audit trail, oldest first."""
        with self._lock:
            return list(self._audit)

    def slots(self) -> list[Slot]:
        """Every slot that has a version."""
        with self._lock:
            return list(dict.fromkeys(version.slot for version in self._versions.values()))

    def _record(self, event: AuditEvent) -> None:
        self._audit.append(chain(event, self._audit[-1].hash if self._audit else ""))


def _check_exclusive(versions: Sequence[ModelVersion]) -> None:
    taken: dict[tuple[Slot, Stage], int] = {}
    for version in versions:
        if version.stage not in EXCLUSIVE:
            continue
        other = taken.setdefault((version.slot, version.stage), version.number)
        if other != version.number:
            raise RegistryError(
                f"slot {version.slot} already has version {other} in {version.stage}",
                hint="archive it in the same change",
                slot=str(version.slot),
            )
