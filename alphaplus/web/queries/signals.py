"""The signals of a stretch of bars, each with what came of it."""

from bisect import bisect_left
from typing import Any

from alphaplus.core.enums import Side
from alphaplus.web.models import Decision, Signal, Trade
from alphaplus.web.queries.newest import newest_per_bar

SHARE_DECIMALS, PERCENT_DECIMALS = 4, 3


def signals(symbol: str, timeframe: str, start: int, end: int, *, precision: int) -> list[dict[str, Any]]:
    """Signals with start <= as_of <= end, oldest first, as the newest run over each bar decided.

    They are many on a chart, so levels are rounded to `precision` decimals; a decision has them in full.
    """
    stretch = {"symbol": symbol, "timeframe": timeframe, "as_of__range": (start, end)}
    decided = newest_per_bar(Decision.objects.filter(**stretch)).exclude(side=Side.HOLD.value)
    spoke = {
        (as_of, origin, run_id): probability
        for as_of, origin, run_id, probability in decided.values_list("as_of", "origin", "run_id", "probability")
    }
    rows = Signal.objects.filter(**stretch).exclude(side=Side.HOLD.value).order_by("as_of").defer("contributions")
    valid = [row for row in rows if (row.as_of, row.origin, row.run_id) in spoke]
    results = _results(symbol, valid, end)
    return [
        {
            "as_of": row.as_of,
            "side": row.side,
            "confidence": _rounded(row.confidence, SHARE_DECIMALS),
            "probability": _rounded(spoke[row.as_of, row.origin, row.run_id], SHARE_DECIMALS),
            "entry": _rounded(row.entry, precision),
            "stop": _rounded(row.stop, precision),
            "target": _rounded(row.target, precision),
            "status": row.status,
            "return_pct": _rounded(results.get(row.pk), PERCENT_DECIMALS),
        }
        for row in valid
    ]


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def _results(symbol: str, rows: list[Signal], end: int) -> dict[int, float]:
    """Return in percent of the trade that each signal opened: the first of its run before the run's next signal."""
    found: dict[int, float] = {}
    for run in {(row.origin, row.run_id) for row in rows}:
        own = [row for row in rows if (row.origin, row.run_id) == run]
        closed = Trade.objects.filter(
            symbol=symbol, origin=run[0], run_id=run[1], opened_at__gte=own[0].as_of, closed_at__lte=end
        )
        trades = sorted(closed.values_list("opened_at", "return_pct"))
        times = [opened_at for opened_at, _ in trades]
        for position, row in enumerate(own):
            until = own[position + 1].as_of if position + 1 < len(own) else None
            first = bisect_left(times, row.as_of)
            if first < len(times) and (until is None or times[first] < until):
                found[row.pk] = trades[first][1]
    return found
