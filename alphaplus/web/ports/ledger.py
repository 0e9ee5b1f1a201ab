"""The ledger in tables: predictions, decisions, signals and trades of every run, written once."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models, transaction

from alphaplus.core.records import Alert, Decision, Prediction, Run, Signal, Trade, TradePlan
from alphaplus.web import models as tables
from alphaplus.web.ports import ledger_rows as rows

BATCH = 1000
COLUMNS = {"symbol", "timeframe", "as_of", "version", "horizon", "target", "side", "status", "kind", "opened_at"}


class OrmLedger:
    """Keeps what `storage.base.Ledger` asks for; a record that a run has written already is passed over."""

    def record(self, *records: object, run: Run) -> None:
        """Write records of one run, all or none; raises TypeError for a record that no table holds."""
        batches: dict[type[models.Model], list[models.Model]] = {}
        for record in records:
            for row in _rows_of(record, run):
                batches.setdefault(type(row), []).append(row)
        with transaction.atomic():
            for table, batch in batches.items():
                manager: Any = table._default_manager
                manager.bulk_create(batch, batch_size=BATCH, ignore_conflicts=True)

    def find(self, kind: type[Any], **criteria: object) -> list[Any]:
        """Records of a kind whose fields equal the criteria, in the order they were written; see `Ledger`."""
        table, read = READERS[kind]
        found: Any = table._default_manager.order_by("pk")
        run_id = criteria.pop("run", None)
        if run_id is not None:
            found = found.filter(run_id=run_id)
        found = found.filter(**{name: value for name, value in criteria.items() if name in COLUMNS})
        rest = {name: value for name, value in criteria.items() if name not in COLUMNS}
        records = read(list(found))
        return [record for record in records if all(getattr(record, name) == value for name, value in rest.items())]


def _rows_of(record: object, run: Run) -> list[models.Model]:
    match record:
        case Prediction():
            return [rows.prediction_row(record, run)]
        case Decision():
            return [rows.decision_row(record, run)]
        case Signal():
            return [rows.decision_row(record.decision, run), rows.signal_row(record, run)]
        case TradePlan():
            return [rows.decision_row(record.signal.decision, run), rows.plan_row(record, run)]
        case Trade():
            return [rows.trade_row(record, run)]
        case Alert():
            return [rows.alert_row(record, run)]
    raise TypeError(f"the ledger has no table for a {type(record).__name__}")


def _signals(found: Sequence[tables.Signal]) -> list[Signal]:
    decisions = rows.decisions_of(found)
    return [rows.signal(row, decisions[rows.place(row)]) for row in found]


def _plans(found: Sequence[tables.Signal]) -> list[TradePlan]:
    planned = [row for row in found if row.position is not None]
    return [
        TradePlan(signal, float(row.position or 0.0), row.refused)
        for row, signal in zip(planned, _signals(planned), strict=True)
    ]


Reader = Callable[[list[Any]], list[Any]]

READERS: dict[type[Any], tuple[type[models.Model], Reader]] = {
    Prediction: (tables.Prediction, lambda found: [rows.prediction(row) for row in found]),
    Decision: (tables.Decision, lambda found: [rows.decision(row) for row in found]),
    Signal: (tables.Signal, _signals),
    TradePlan: (tables.Signal, _plans),
    Trade: (tables.Trade, lambda found: [rows.trade(row) for row in found]),
    Alert: (tables.Alert, lambda found: [rows.alert(row) for row in found]),
}
