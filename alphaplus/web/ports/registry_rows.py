"""How the records of the registry become rows, and rows records."""

from typing import Any

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.records import AuditEvent, Evaluation, GateResult
from alphaplus.models.spec import ModelSpec
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.web import models as tables
from alphaplus.web.plain import plain

SAME = (  # columns of `model_version` that hold a field of the record as it is
    "label",
    "artifact_uri",
    "sha256",
    "dataset_hash",
    "featureset_hash",
    "trained_from",
    "trained_to",
    "samples",
    "seconds",
    "size_mb",
    "code",
    "created_by",
    "created_at",
    "deployed_at",
)
EVALUATION_SAME = ("window_start", "window_end", "risk_score", "notes", "samples", "seconds", "created_at")
AUDIT = (
    "at",
    "actor",
    "action",
    "subject",
    "before",
    "after",
    "reason",
    "details",
    "previous_hash",
    "hash",
)


def slot_columns(slot: Slot) -> dict[str, Any]:
    """The columns of a slot."""
    return {
        "name": slot.name,
        "symbol": slot.symbol,
        "timeframe": slot.timeframe.value,
        "regime": slot.regime,
        "target": slot.target,
        "horizon": slot.horizon,
    }


def slot(row: tables.Slot) -> Slot:
    """The slot of a row."""
    return Slot(row.name, row.symbol, Timeframe(row.timeframe), row.regime, row.target, row.horizon)


def version_columns(version: ModelVersion) -> dict[str, Any]:
    """The columns of a version, its number and slot aside: those are the database's to give."""
    return {
        **{name: getattr(version, name) for name in SAME},
        "stage": version.stage.value,
        "family": version.family,
        "spec": plain(version.spec.to_json()),
        "metrics": plain(version.metrics),
        "parent_id": version.parent,
    }


def version(row: tables.ModelVersion) -> ModelVersion:
    """The version of a row whose slot was fetched with it."""
    return ModelVersion(
        **{name: getattr(row, name) for name in SAME},
        slot=slot(row.slot),
        spec=ModelSpec.from_json(row.spec),
        number=row.number,
        stage=Stage(row.stage),
        metrics=row.metrics,
        parent=row.parent_id,
    )


def evaluation_columns(evaluation: Evaluation) -> dict[str, Any]:
    """The columns of an evaluation."""
    return {
        **{name: getattr(evaluation, name) for name in EVALUATION_SAME},
        "candidate_id": evaluation.candidate,
        "champion_id": evaluation.champion,
        "metrics": plain(evaluation.metrics),
        "gates": plain(evaluation.gates),
        "verdict": evaluation.verdict.value,
    }


def evaluation(row: tables.Evaluation) -> Evaluation:
    """The evaluation of a row."""
    return Evaluation(
        **{name: getattr(row, name) for name in EVALUATION_SAME},
        candidate=row.candidate_id,
        champion=row.champion_id,
        metrics=row.metrics,
        gates=tuple(GateResult(**gate) for gate in row.gates),
        verdict=Verdict(row.verdict),
    )


def audit_columns(event: AuditEvent) -> dict[str, Any]:
    """The columns of an audit event."""
    return {name: getattr(event, name) for name in AUDIT}


def audit_event(row: tables.AuditEvent) -> AuditEvent:
    """The audit event of a row."""
    return AuditEvent(**{name: getattr(row, name) for name in AUDIT})
