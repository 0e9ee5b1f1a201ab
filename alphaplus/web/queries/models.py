"""Model versions with their figures and gates."""

from typing import Any

from django.db.models import QuerySet

from alphaplus.core.errors import UnknownVersion
from alphaplus.web.models import AuditEvent, Evaluation, ModelVersion, TrainingSession
from alphaplus.web.queries.stores import simulated_symbols
from alphaplus.web.whole import whole_number

PAGE, MOST = 100, 1000
MOST_OF_A_NAME = 128  # a label is no longer; what was asked is repeated in the answer
SLOT = ("name", "symbol", "timeframe", "regime", "target", "horizon")
COLUMNS = (
    "number",
    "label",
    "family",
    "stage",
    "metrics",
    "trained_from",
    "trained_to",
    "samples",
    "size_mb",
    "seconds",
    "created_at",
    "deployed_at",
)
DETAIL = ("spec", "artifact_uri", "sha256", "dataset_hash", "featureset_hash", "code", "created_by")
EVALUATION = (
    "champion_id",
    "window_start",
    "window_end",
    "metrics",
    "gates",
    "verdict",
    "risk_score",
    "notes",
    "samples",
    "seconds",
    "created_at",
)
EVENT = ("at", "actor", "action", "before", "after", "reason", "details")


def models(
    limit: int = PAGE, before: int | None = None, *, symbol: str | None = None, stage: str | None = None
) -> dict[str, Any]:
    """Versions, newest first; `next` is the `before` of older ones."""
    limit = max(1, min(limit, MOST))
    rows = _rows() if before is None else _rows().filter(number__lt=before)
    if stage is not None:
        rows = rows.filter(stage=stage)
    if symbol is None:
        found = list(rows[: limit + 1])
    else:  # a universe holds several symbols in one column, so they are told apart here
        found = [row for row in rows if symbol in row.slot.symbol.split("+")][: limit + 1]
    judged = _newest_evaluations([row.number for row in found])
    simulated = simulated_symbols()
    shown = [shape(row, judged.get(row.number), simulated) for row in found[:limit]]
    return {"models": shown, "next": shown[-1]["number"] if len(found) > limit else None}


def model(key: int | str) -> dict[str, Any]:
    """One version by number or label with all that is kept about it; raises UnknownVersion.

    Besides the columns of the list: spec, hashes, `evaluations` (newest first), `history` (its audit events, oldest
    first), `training` (what its session reported) and `parent`.
    """
    name = str(key)
    number = whole_number(name)
    criteria: dict[str, int | str] = {"label": name} if number is None else {"number": number}
    row = _rows().filter(**criteria).first()
    if row is None:
        name = name[:MOST_OF_A_NAME]
        raise UnknownVersion(f"no model version {name!r}", hint="`alphaplus models list` shows them", key=name)
    judgements = list(Evaluation.objects.filter(candidate=row.number).order_by("-pk"))
    session = TrainingSession.objects.filter(version=row.number).order_by("-pk").first()
    history = AuditEvent.objects.filter(subject__in=(row.label, str(row.number))).order_by("pk")
    return {
        **shape(row, judgements[0] if judgements else None, simulated_symbols()),
        **{name: getattr(row, name) for name in DETAIL},
        "parent": row.parent_id,
        "evaluations": [_evaluation(judgement) for judgement in judgements],
        "history": [{name: getattr(event, name) for name in EVENT} for event in history],
        "training": {} if session is None else session.summary,
    }


def shape(row: ModelVersion, judgement: Evaluation | None, simulated: set[str]) -> dict[str, Any]:
    """A version as JSON; `gates` are those of its newest evaluation."""
    return {
        **{name: getattr(row, name) for name in COLUMNS},
        "slot": {name: getattr(row.slot, name) for name in SLOT},
        "simulated": bool(simulated & set(row.slot.symbol.split("+"))),
        "gates": [] if judgement is None else judgement.gates,
        "verdict": None if judgement is None else judgement.verdict,
        "risk_score": None if judgement is None else judgement.risk_score,
    }


def _rows() -> "QuerySet[ModelVersion]":
    return ModelVersion.objects.select_related("slot").order_by("-number")


def _newest_evaluations(numbers: list[int]) -> dict[int, Evaluation]:
    return {row.candidate_id: row for row in Evaluation.objects.filter(candidate__in=numbers).order_by("pk")}


def _evaluation(row: Evaluation) -> dict[str, Any]:
    content = {name: getattr(row, name) for name in EVALUATION}
    content["champion"] = content.pop("champion_id")
    return content
