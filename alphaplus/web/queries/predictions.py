"""Predictions, newest first."""

from typing import Any

from alphaplus.web.models import Prediction

PAGE, MOST = 100, 1000
TOP = 6  # as many as the decision panel draws
COLUMNS = (
    "symbol",
    "timeframe",
    "as_of",
    "horizon",
    "target",
    "value",
    "probabilities",
    "confidence",
    "role",
    "latency_ms",
    "actual_value",
    "is_correct",
    "settled_at",
    "origin",
)


def predictions(
    limit: int = PAGE,
    before: int | None = None,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    version: int | None = None,
    every_contribution: bool = False,
) -> dict[str, Any]:
    """Predictions that match, newest first; `next` is the `before` of older ones.

    A model has a contribution for each of its columns, which makes long answers, so a row has those that moved it most
    unless every one is asked for.
    """
    limit = max(1, min(limit, MOST))
    rows = Prediction.objects.select_related("version").order_by("-pk")
    wanted = {"symbol": symbol, "timeframe": timeframe, "version_id": version, "pk__lt": before}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    found = list(rows[: limit + 1])
    shown = [shape(row, every_contribution=every_contribution) for row in found[:limit]]
    return {"predictions": shown, "next": shown[-1]["id"] if len(found) > limit else None}


def shape(row: Prediction, *, every_contribution: bool) -> dict[str, Any]:
    """A prediction as JSON."""
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in COLUMNS},
        "contributions": row.contributions if every_contribution else _largest(row.contributions),
        "version": row.version_id,
        "label": row.version.label,
    }


def _largest(contributions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that moved the prediction most, the largest first."""
    return sorted(contributions, key=lambda one: -abs(one["contribution"] or 0.0))[:TOP]
