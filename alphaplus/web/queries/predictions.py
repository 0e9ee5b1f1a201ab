"""Predictions, newest first."""

from typing import Any

from alphaplus.web.models import Prediction

PAGE, MOST = 100, 1000
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
    "contributions",
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
) -> dict[str, Any]:
    """Predictions that match, newest first; `next` is the `before` of older ones."""
    limit = max(1, min(limit, MOST))
    rows = Prediction.objects.select_related("version").order_by("-pk")
    wanted = {"symbol": symbol, "timeframe": timeframe, "version_id": version, "pk__lt": before}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    found = list(rows[: limit + 1])
    shown = [shape(row) for row in found[:limit]]
    return {"predictions": shown, "next": shown[-1]["id"] if len(found) > limit else None}


def shape(row: Prediction) -> dict[str, Any]:
    """A prediction as JSON."""
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in COLUMNS},
        "version": row.version_id,
        "label": row.version.label,
    }
