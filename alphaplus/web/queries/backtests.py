"""Finished backtests."""

from typing import Any

from alphaplus.core.errors import UnknownName
from alphaplus.web.models import BacktestRun, Trade
from alphaplus.web.queries.decisions import model_name

PAGE, MOST = 50, 1000
MOST_TRADES = 5000
COLUMNS = ("symbols", "timeframe", "simulated", "start", "end", "metrics", "trade_count", "created_at")
TRADE = (
    "symbol",
    "side",
    "opened_at",
    "closed_at",
    "entry",
    "exit",
    "quantity",
    "fees",
    "pnl",
    "return_pct",
    "bars",
    "exit_reason",
    "confidence",
    "probability",
    "version",
)


def backtests(limit: int = PAGE, before: int | None = None) -> dict[str, Any]:
    """Backtests, newest first, without their curves; `next` is the `before` of older ones."""
    limit = max(1, min(limit, MOST))
    rows = BacktestRun.objects.defer("summary").select_related("version").order_by("-pk")
    found = list((rows if before is None else rows.filter(pk__lt=before))[: limit + 1])
    shown = [shape(row) for row in found[:limit]]
    return {"backtests": shown, "next": shown[-1]["id"] if len(found) > limit else None}


def backtest(number: int) -> dict[str, Any]:
    """One backtest with `summary` (its JSON form, with curves and baselines) and its trades, newest first."""
    row = BacktestRun.objects.select_related("version").filter(pk=number).first()
    if row is None:
        known = BacktestRun.objects.order_by("-pk").values_list("pk", flat=True)[:20]
        raise UnknownName(str(number), kind="backtest", known=[str(one) for one in known])
    trades = Trade.objects.filter(backtest=row).order_by("-opened_at")[:MOST_TRADES]
    return {
        **shape(row),
        "model": model_name(row.version_id),
        "summary": row.summary,
        "trades": [{name: getattr(trade, name) for name in TRADE} for trade in trades],
    }


def shape(row: BacktestRun) -> dict[str, Any]:
    """A backtest in short."""
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in COLUMNS},
        "version": row.version_id,
        "label": None if row.version is None else row.version.label,
    }
