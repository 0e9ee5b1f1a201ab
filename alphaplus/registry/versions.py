"""What the registry keeps: slots, model versions, and the store they rest in."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage
from alphaplus.core.records import AuditEvent, Evaluation
from alphaplus.models.spec import ModelSpec

EXCLUSIVE = (Stage.PRODUCTION, Stage.CANARY)  # stages that at most one version of a slot may have
NAMES = {"pattern_success": "alphaplus_pattern_classifier"}
"""What a slot is called where nobody names it, by its target; any other is TECHNICAL."""
TECHNICAL = "technical_ml"


def usual_name(target: str) -> str:
    """What a slot of models of this target is called where nobody names it."""
    return NAMES.get(target, TECHNICAL)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a model is for; versions compete for it.

    `symbol` is one symbol, or a universe written as its symbols joined by "+" ("BTCUSDT+ETHUSDT"). `target` is the name
    of the label, `horizon` counts bars.
    """

    name: str
    symbol: str
    timeframe: Timeframe
    regime: str
    target: str
    horizon: int

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols it covers."""
        return tuple(self.symbol.split("+"))

    def __str__(self) -> str:
        return f"{self.name}/{self.symbol}/{self.timeframe}/{self.regime}/{self.target}/{self.horizon}"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One trained model in the registry.

    `number` is unique in the installation and given by the store, `label` is for people; either names it. Times are ms
    UTC: `trained_from` and `trained_to` bound the data it learned from (the last instant any of its labels looked at),
    `deployed_at` is when it first became production, 0 when it never did. `artifact_uri` names the artefact in the
    artefact store and `sha256` is the hash the model itself verifies at load. `parent` is the version it replaces.
    """

    slot: Slot
    spec: ModelSpec
    artifact_uri: str
    sha256: str
    dataset_hash: str
    featureset_hash: str
    trained_from: int
    trained_to: int
    samples: int
    number: int = 0
    label: str = ""
    stage: Stage = Stage.STAGING
    metrics: Mapping[str, object] = field(default_factory=dict)
    seconds: float = 0.0
    size_mb: float = 0.0
    code: str = ""
    parent: int | None = None
    created_by: str = ""
    created_at: int = 0
    deployed_at: int = 0

    @property
    def family(self) -> str:
        """The family that learned it."""
        return self.spec.family

    @property
    def active(self) -> bool:
        """Whether decisions rest on it: in production or canary."""
        return self.stage in EXCLUSIVE


class ModelStore(Protocol):
    """Keeps versions, their evaluations and the audit trail."""

    def together(self) -> AbstractContextManager[None]:
        """Give a block of which all that is written is there, or nothing when it is left by an error or a kill.

        That holds for what other ports write into the same database, too.
        """
        ...

    def add(self, version: ModelVersion, event: AuditEvent) -> ModelVersion:
        """Store a new version and the event in one transaction; gives the version with its number.

        Raises RegistryError when the label is taken.
        """
        ...

    def get(self, key: int | str) -> ModelVersion:
        """Find by number (also as text) or label; raises UnknownVersion."""
        ...

    def find(
        self, slot: Slot | None = None, stage: Stage | None = None, symbol: str | None = None
    ) -> list[ModelVersion]:
        """Versions that match every criterion, oldest first; `symbol` matches universes that contain it."""
        ...

    def change(self, changes: Sequence[tuple[int, Stage]], event: AuditEvent) -> None:
        """Change stages and record the event, all in one transaction or nothing.

        Changes are applied in order and each is checked by `stages.check`. A version that becomes production for the
        first time gets `deployed_at = event.at`. Raises UnknownVersion, IllegalStageChange, and RegistryError when a
        slot would have two versions in production or canary.
        """
        ...

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Record an evaluation; raises UnknownVersion."""
        ...

    def evaluations(self, number: int) -> list[Evaluation]:
        """Evaluations of a candidate, oldest first."""
        ...

    def audit(self) -> list[AuditEvent]:
        """The whole audit trail, oldest first, chained by `registry.audit.chain`."""
        ...

    def slots(self) -> list[Slot]:
        """Every slot that has a version, in order of appearance."""
        ...
