"""A backtest as its page shows it: key figures with what qualifies them, months with shades, trades with addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from alphaplus.core.bars import DAY_MS, Timeframe
from alphaplus.web.templatetags.figures import number, percent, signed_percent, tone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHADES = (0.02, 0.06)  # monthly returns from which the shade of a cell deepens
ENOUGH = 200  # trades below which a rate says little
MEANINGS = {
    "Net return": "equity at the end over the capital, less one",
    "Max drawdown": "largest fall of equity from its height",
    "Sharpe": "mean over standard deviation of net returns, a year of 365 days",
    "Random entries": "share of the strategy's own positions, entered at random times, that had a lower Sharpe ratio",
    "Profit factor": "gains over losses of all trades",
    "Win rate": "share of trades that won; the break-even rate would just pay for the losses",
    "Buy and hold": "one purchase at the beginning, held to the end",
    "Break-even cost": "cost a side at which nothing would be left",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: its value, the class of its colour, what qualifies it, and what it means."""

    title: str
    value: str
    tone: str
    note: str
    meaning: str


def present(backtest: Mapping[str, Any]) -> dict[str, Any]:
    """Give the context of a backtest's page."""
    summary = backtest["summary"]
    months = [
        row | {"cells": [{"value": value, "shade": _shade(value)} for value in row["months"]]}
        for row in summary.get("monthly", [])
    ]
    return {
        "summary": summary,
        "metrics": backtest["metrics"],
        "kpis": key_figures(summary, backtest["metrics"]),
        "months": months,
        "month_names": MONTHS,
        "curves": summary.get("curves"),
        "judged_until": _judged_until(summary),
        "trades": [trade | {"url": _chart_at(trade, backtest["timeframe"])} for trade in backtest["trades"]],
        "random": summary.get("baselines", {}).get("random_entries"),
        "costs": backtest["metrics"].get("costs", {}),
    }


def key_figures(summary: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Figure]:
    """The eight figures above the fold."""
    baselines = summary.get("baselines", {})
    held, drawn = baselines.get("buy_and_hold", {}), baselines.get("random_entries", {})
    total, fall, profit = metrics.get("total_return"), _loss(metrics.get("max_drawdown")), held.get("total_return")
    rows = (
        ("Net return", signed_percent(total, 1), tone(total), _costs(summary)),
        ("Max drawdown", signed_percent(fall, 1), tone(fall), _recovery(summary, metrics)),
        ("Sharpe", number(metrics.get("sharpe")), "", _interval(metrics)),
        ("Random entries", _rank(drawn), "", _drawn(drawn)),
        ("Profit factor", number(metrics.get("profit_factor")), "", _trades(metrics)),
        ("Win rate", _win_rate(metrics), "", f"break-even {percent(metrics.get('break_even_rate'), 1)}"),
        ("Buy and hold", signed_percent(profit, 1), tone(profit), f"same costs; Sharpe {number(held.get('sharpe'))}"),
        ("Break-even cost", f"{number(metrics.get('break_even_cost_bps'), 1)} bp", "", _paid(summary)),
    )
    return [Figure(title, value, colour, note, MEANINGS[title]) for title, value, colour, note in rows]


def _judged_until(summary: Mapping[str, Any]) -> int | None:
    """The end of the slice on which the version was judged, None where no bar of this backtest lies in it."""
    until: int | None = summary.get("judged_until")
    return None if until is None or until < summary.get("start", 0) else until


def _costs(summary: Mapping[str, Any]) -> str:
    fee, slippage = number(summary.get("fee_bps"), 1), number(summary.get("slippage_bps"), 1)
    return f"after {fee} bp fee and {slippage} bp slippage a side"


def _paid(summary: Mapping[str, Any]) -> str:
    known = [part for part in (summary.get("fee_bps"), summary.get("slippage_bps")) if part is not None]
    return f"a side; paid {number(sum(known) if known else None, 1)} bp"


def _win_rate(metrics: Mapping[str, Any]) -> str:
    return percent(metrics.get("win_rate"), 1) if (metrics.get("trades") or 0) >= ENOUGH else "n too small"


def _loss(drawdown: float | None) -> float | None:
    return None if drawdown is None else -abs(drawdown)


def _recovery(summary: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    bars = metrics.get("longest_drawdown_bars")
    if bars is None or "timeframe" not in summary:
        return ""
    return f"longest below a height: {bars * Timeframe(summary['timeframe']).ms / DAY_MS:,.0f} d"


def _interval(metrics: Mapping[str, Any]) -> str:
    if metrics.get("sharpe_low") is None:
        return "no interval: too short"
    level = percent(metrics.get("sharpe_level"))
    return f"{level} interval {number(metrics['sharpe_low'])} to {number(metrics['sharpe_high'])}, bootstrap"


def _rank(drawn: Mapping[str, Any]) -> str:
    percentile = drawn.get("percentile")
    return "–" if percentile is None else f"beats {number(percentile, 0)}\u202f%"


def _drawn(drawn: Mapping[str, Any]) -> str:
    if drawn.get("sharpe_median") is None:
        return "none could be drawn"
    return f"of {drawn['count']}: Sharpe {number(drawn['sharpe_p05'])} to {number(drawn['sharpe_p95'])} (90\u202f%)"


def _trades(metrics: Mapping[str, Any]) -> str:
    count = metrics.get("trades") or 0
    return f"{count:,} trades{': n too small' if count < ENOUGH else ''}"


def _shade(value: float | None) -> str:
    if value is None or value == 0.0:
        return ""
    depth = 1 + sum(abs(value) >= limit for limit in SHADES)
    return f"heat-{'up' if value > 0 else 'down'}-{depth}"


def _chart_at(trade: Mapping[str, Any], timeframe: str) -> str:
    return f"{reverse('dashboard:chart', args=[trade['symbol'], timeframe])}?at={trade['opened_at']}"
