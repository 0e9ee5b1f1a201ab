"""Decisions as they were stored: both panels, every vote, levels, and what moved the model."""

from typing import Any

from django.db.models import QuerySet

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Role
from alphaplus.core.errors import MissingBars
from alphaplus.web.models import Decision, ModelVersion, Prediction, Signal
from alphaplus.web.queries.feeds import known_until

PANEL = ("panel", "probability", "confidence", "coverage", "agreement", "reason")
VOTE = ("voter", "weight", "probability", "confidence", "version", "reason")


def decision(symbol: str, timeframe: str, as_of: int) -> dict[str, Any]:
    """The decision of a bar close, as stored then; raises MissingBars where none is."""
    limit = known_until(symbol, Timeframe.parse(timeframe).value)
    row = None if limit is not None and as_of > limit else _of(symbol, timeframe).filter(as_of=as_of).first()
    if row is None:
        raise MissingBars(f"no decision for {symbol} {timeframe} at {as_of}", hint="decisions are made at bar closes")
    return shape(row)


def latest(symbol: str, timeframe: str) -> dict[str, Any] | None:
    """The newest decision of a series, None where there is none yet."""
    limit = known_until(symbol, timeframe)
    rows = _of(symbol, timeframe) if limit is None else _of(symbol, timeframe).filter(as_of__lte=limit)
    row = rows.order_by("-as_of", "-pk").first()
    return None if row is None else shape(row)


def shape(row: Decision) -> dict[str, Any]:
    """A decision as JSON, with the levels of its signal and the model that spoke."""
    same = {"symbol": row.symbol, "timeframe": row.timeframe, "as_of": row.as_of}
    run = {"origin": row.origin, "run_id": row.run_id}
    signal = Signal.objects.filter(**same, **run).first()
    said = Prediction.objects.filter(**same, **run, role=Role.CHAMPION.value).order_by("pk").first()
    contributions = signal.contributions if signal is not None and signal.contributions else None
    return {
        "as_of": row.as_of,
        "side": row.side,
        "probability": row.probability,
        "confidence": row.confidence,
        "reason": row.reason,
        "entry": None if signal is None else signal.entry,
        "stop": None if signal is None else signal.stop,
        "target": None if signal is None else signal.target,
        "expires_at": None if signal is None else signal.expires_at,
        "panels": [_panel(row.ml), _panel(row.rules)],
        "contributions": contributions or ([] if said is None else said.contributions),
        "model": model_name(_version_that_spoke(row, said)),
        "origin": row.origin,
    }


def model_name(number: int | None) -> dict[str, Any] | None:
    """A version in short: number, label, stage, family, horizon."""
    row = None if number is None else ModelVersion.objects.select_related("slot").filter(number=number).first()
    if row is None:
        return None
    return {
        "number": row.number,
        "label": row.label,
        "stage": row.stage,
        "family": row.family,
        "horizon": row.slot.horizon,
    }


def _of(symbol: str, timeframe: str) -> "QuerySet[Decision]":
    return Decision.objects.filter(symbol=symbol, timeframe=timeframe).order_by("-pk")


def _panel(content: dict[str, Any]) -> dict[str, Any]:
    votes = [{name: vote.get(name) for name in VOTE} for vote in content.get("votes", [])]
    return {**{name: content.get(name) for name in PANEL}, "votes": votes}


def _version_that_spoke(row: Decision, said: Prediction | None) -> int | None:
    if said is not None:
        return said.version_id
    spoke = [vote for vote in row.ml.get("votes", []) if vote.get("version") is not None]
    return max(spoke, key=lambda vote: vote["weight"])["version"] if spoke else None
