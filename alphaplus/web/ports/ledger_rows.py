"""How the records of the ledger become rows, and rows records."""

from collections.abc import Mapping, Sequence
from typing import Any

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Origin, Panel, Role, Side
from alphaplus.core.records import (
    Alert,
    Consensus,
    Contribution,
    Decision,
    Prediction,
    Run,
    Signal,
    Trade,
    TradePlan,
    Vote,
)
from alphaplus.web import models as tables
from alphaplus.web.plain import plain

Place = tuple[str, str, int, str, str]

PREDICTION_SAME = (
    "symbol",
    "as_of",
    "horizon",
    "value",
    "confidence",
    "target",
    "latency_ms",
    "actual_value",
    "is_correct",
    "settled_at",
)
SIGNAL_SAME = (
    "symbol",
    "as_of",
    "strength",
    "confidence",
    "entry",
    "stop",
    "target",
    "expires_at",
    "status",
)
TRADE_SAME = (
    "symbol",
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


def prediction_row(record: Prediction, run: Run) -> tables.Prediction:
    """A prediction as a row."""
    return tables.Prediction(
        **_run(run),
        **_same(record, PREDICTION_SAME),
        timeframe=record.timeframe.value,
        version_id=record.version,
        role=record.role.value,
        probabilities=plain(record.probabilities),
        contributions=plain(record.contributions),
    )


def prediction(row: tables.Prediction) -> Prediction:
    """A row as a prediction."""
    return Prediction(
        **_same(row, PREDICTION_SAME),
        version=row.version_id,
        timeframe=Timeframe(row.timeframe),
        role=Role(row.role),
        probabilities=tuple(row.probabilities),
        contributions=_contributions(row.contributions),
    )


def decision_row(record: Decision, run: Run) -> tables.Decision:
    """A decision as a row."""
    return tables.Decision(
        **_run(run),
        **_same(record, ("symbol", "as_of", "probability", "confidence", "reason")),
        timeframe=record.timeframe.value,
        ml=plain(record.ml),
        rules=plain(record.rules),
        side=record.side.value,
    )


def decision(row: tables.Decision) -> Decision:
    """A row as a decision."""
    return Decision(
        **_same(row, ("symbol", "as_of", "probability", "confidence", "reason")),
        timeframe=Timeframe(row.timeframe),
        ml=_consensus(row.ml),
        rules=_consensus(row.rules),
        side=Side(row.side),
    )


def signal_row(record: Signal, run: Run) -> tables.Signal:
    """A signal as a row."""
    return tables.Signal(
        **_run(run),
        **_same(record, SIGNAL_SAME),
        timeframe=record.timeframe.value,
        side=record.side.value,
        contributions=plain(record.contributions),
    )


def plan_row(record: TradePlan, run: Run) -> tables.Signal:
    """A trade plan as a row: its signal, with the size or the refusal."""
    row = signal_row(record.signal, run)
    row.position, row.refused = float(record.position), record.refused
    return row


def signal(row: tables.Signal, decided: tables.Decision) -> Signal:
    """A row and the row of its decision as a signal."""
    return Signal(
        **_same(row, SIGNAL_SAME),
        timeframe=Timeframe(row.timeframe),
        side=Side(row.side),
        decision=decision(decided),
        contributions=_contributions(row.contributions),
    )


def trade_row(record: Trade, run: Run, backtest: tables.BacktestRun | None = None) -> tables.Trade:
    """A trade as a row."""
    return tables.Trade(**_run(run), **_same(record, TRADE_SAME), side=record.side.value, backtest=backtest)


def trade(row: tables.Trade) -> Trade:
    """A row as a trade."""
    return Trade(**_same(row, TRADE_SAME), side=Side(row.side))


def alert_row(record: Alert, run: Run) -> tables.Alert:
    """An alert as a row."""
    return tables.Alert(run_id=run.id, **_same(record, ("at", "kind", "message", "symbol")))


def alert(row: tables.Alert) -> Alert:
    """A row as an alert."""
    return Alert(**_same(row, ("at", "kind", "message", "symbol")))


def place(row: tables.Signal | tables.Decision) -> Place:
    """What a signal shares with its decision: symbol, timeframe, bar and run."""
    return row.symbol, row.timeframe, row.as_of, row.origin, row.run_id


def decisions_of(signals: Sequence[tables.Signal]) -> dict[Place, tables.Decision]:
    """The decisions of signals, by place, in as few queries as there are runs and series."""
    wanted: dict[tuple[str, str, str, str], list[int]] = {}
    for row in signals:
        wanted.setdefault((row.symbol, row.timeframe, row.origin, row.run_id), []).append(row.as_of)
    found: dict[Place, tables.Decision] = {}
    for (symbol, timeframe, origin, run_id), times in wanted.items():
        decided = tables.Decision.objects.filter(
            symbol=symbol, timeframe=timeframe, origin=origin, run_id=run_id, as_of__range=(min(times), max(times))
        )
        found |= {place(row): row for row in decided}
    return found


def _run(run: Run) -> dict[str, str]:
    return {"origin": Origin(run.origin).value, "run_id": run.id}


def _same(source: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: plain(getattr(source, name)) for name in names}


def _contributions(content: Sequence[Mapping[str, Any]]) -> tuple[Contribution, ...]:
    return tuple(Contribution(**item) for item in content)


def _consensus(content: Mapping[str, Any]) -> Consensus:
    votes = tuple(Vote(**{**vote, "panel": Panel(vote["panel"])}) for vote in content["votes"])
    return Consensus(**{**content, "panel": Panel(content["panel"]), "votes": votes})
