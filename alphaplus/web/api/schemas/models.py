"""Model versions."""

from typing import Any

from ninja import Schema
from pydantic import Field


class Slot(Schema):
    """What a model is for."""

    name: str
    symbol: str
    timeframe: str
    regime: str
    target: str
    horizon: int


class Gate(Schema):
    """One condition for promotion."""

    gate: str
    name: str
    value: float | None
    threshold: float | None
    n: int
    passed: bool
    detail: str
    risk: float = Field(0.0, description="0 to 1, how near it came to failing")


class Model(Schema):
    """A model version."""

    number: int
    label: str
    slot: Slot
    family: str
    stage: str
    simulated: bool
    metrics: dict[str, Any]
    gates: list[Gate]
    verdict: str | None
    risk_score: float | None
    trained_from: int
    trained_to: int
    samples: int
    size_mb: float
    seconds: float
    created_at: int
    deployed_at: int


class Models(Schema):
    """A page of model versions, newest first."""

    models: list[Model]
    next: int | None


class Evaluation(Schema):
    """A judgement of a version."""

    champion: int | None
    window_start: int
    window_end: int
    metrics: dict[str, Any]
    gates: list[Gate]
    verdict: str
    risk_score: float
    notes: str
    samples: int
    seconds: float
    created_at: int


class Event(Schema):
    """An entry of the audit trail."""

    at: int
    actor: str
    action: str
    before: str
    after: str
    reason: str
    details: dict[str, Any]


class ModelDetail(Model):
    """A model version with all that is kept about it."""

    spec: dict[str, Any]
    artifact_uri: str
    sha256: str
    dataset_hash: str
    featureset_hash: str
    code: str
    created_by: str
    parent: int | None
    evaluations: list[Evaluation]
    history: list[Event]
    training: dict[str, Any]
