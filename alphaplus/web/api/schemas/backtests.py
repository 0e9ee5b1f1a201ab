"""Backtests."""

from typing import Any

from ninja import Schema

from alphaplus.web.api.schemas.common import ModelName


class Backtest(Schema):
    """A finished backtest in short."""

    id: int
    symbols: list[str]
    timeframe: str
    simulated: bool
    start: int | None
    end: int | None
    metrics: dict[str, Any]
    trade_count: int
    created_at: int
    version: int | None
    label: str | None


class Backtests(Schema):
    """A page of backtests, newest first."""

    backtests: list[Backtest]
    next: int | None


class Trade(Schema):
    """A round trip."""

    symbol: str
    side: str
    opened_at: int
    closed_at: int
    entry: float
    exit: float
    quantity: float
    fees: float
    pnl: float
    return_pct: float
    bars: int
    exit_reason: str
    confidence: float
    probability: float | None
    version: int | None


class BacktestDetail(Backtest):
    """A finished backtest with curves and trades."""

    model: ModelName | None
    summary: dict[str, Any]
    trades: list[Trade]
