"""A backtest as data: one JSON text, one CSV of trades, and the thinned curves that a chart can show."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.moments import iso
from alphaplus.trading.baselines import buy_and_hold

if TYPE_CHECKING:
    from alphaplus.trading.result import Backtest

MOST_POINTS = 900  # of a curve; what a screen can show
VERSION = 1  # of the JSON form
TRADE_COLUMNS = ("opened_at", "closed_at", "symbol", "side", "entry", "exit", "quantity", "fees", "pnl", "return_pct",
                 "bars", "exit_reason", "confidence", "probability", "version")  # fmt: skip


def summarise(backtest: "Backtest") -> dict[str, Any]:
    """Everything but the single trades and decisions, JSON-safe; times are ms UTC."""
    return {
        "version": VERSION,
        "symbol": backtest.instrument.symbol,
        "venue": backtest.instrument.venue,
        "simulated": backtest.instrument.simulated,
        "timeframe": backtest.timeframe.value,
        "start": int(backtest.bars.open_time[0]),
        "end": int(backtest.times[-1]),
        "capital": backtest.capital,
        "fee_bps": backtest.costs.fee_bps,
        "slippage_bps": backtest.costs.slippage_bps,
        "fills": "next open",
        "versions": list(backtest.versions),
        "judged_until": backtest.judged_until,
        "judged_bars": backtest.judged_bars,
        "metrics": backtest.metrics,
        "baselines": backtest.baselines,
        "monthly": monthly(backtest),
        "curves": curves(backtest),
        "trades_count": len(backtest.trades),
    }


def as_json(backtest: "Backtest") -> str:
    """The summary with every trade."""
    trades = [asdict(trade) for trade in backtest.trades]
    return json.dumps(summarise(backtest) | {"trades": trades}, allow_nan=False)


def write_csv(backtest: "Backtest", path: Path) -> None:
    """Write the trades, one a line, times as ISO 8601 UTC."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TRADE_COLUMNS)
        for trade in backtest.trades:
            row = asdict(trade) | {"opened_at": iso(trade.opened_at), "closed_at": iso(trade.closed_at)}
            writer.writerow([row[name] for name in TRADE_COLUMNS])


def monthly(backtest: "Backtest") -> list[dict[str, Any]]:
    """Net return of every calendar month (UTC) as a plain ratio: year, twelve months (None outside), total."""
    months = backtest.bars.open_time.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    last = np.flatnonzero(np.diff(months, append=months[-1] + 1))
    heights = np.concatenate(([backtest.capital], backtest.equity[last]))
    table: dict[int, list[float | None]] = {}
    for place, month in enumerate(months[last].tolist()):
        year, within = 1970 + month // 12, month % 12
        before = heights[place]
        table.setdefault(year, [None] * 12)[within] = float(heights[place + 1] / before - 1.0) if before > 0.0 else 0.0
    rows = []
    for year, values in table.items():
        total = float(np.prod([1.0 + value for value in values if value is not None]) - 1.0)
        rows.append({"year": year, "months": values, "total": total})
    return rows


def curves(backtest: "Backtest", *, most: int = MOST_POINTS) -> dict[str, list[Any]]:
    """Equity, buy-and-hold and drawdown at no more than `most` bars, among them every stretch's extremes."""
    held = buy_and_hold(backtest).equity
    keep = thin([backtest.equity, -backtest.equity, -backtest.drawdown], most=most)
    return {
        "times": backtest.times[keep].tolist(),
        "equity": [float(value) for value in backtest.equity[keep]],
        "buy_and_hold": [float(value) for value in held[keep]],
        "drawdown": [float(value) for value in backtest.drawdown[keep]],
    }


def thin(series: list[NDArray[np.float64]], *, most: int) -> NDArray[np.intp]:
    """Places to keep: first, last, and where each series is highest within equal stretches."""
    n = len(series[0])
    if n <= most:
        return np.arange(n)
    edges = np.linspace(0, n, (most - 2) // len(series) + 1).astype(np.intp)
    places = {0, n - 1}
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        places.update(start + int(np.argmax(values[start:stop])) for values in series)
    return np.array(sorted(places))
