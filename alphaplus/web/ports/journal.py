"""What finished runs leave behind, in tables: import reports, training sessions and backtests."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Sum

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import Clock
from alphaplus.core.enums import Origin
from alphaplus.core.records import ImportReport, RowsRead, Run, Trade
from alphaplus.web import models as tables
from alphaplus.web.plain import plain
from alphaplus.web.ports.ledger_rows import trade_row

BATCH = 1000
COUNTS = (
    "layout",
    "rows",
    "stored",
    "duplicates",
    "conflicts",
    "quarantined_count",
    "zero_volume",
    "out_of_order",
    "first",
    "last",
)


class OrmJournal:
    """Keeps what `workflows.base.Journal` asks for."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def imported(self, symbol: str, timeframe: Timeframe, report: ImportReport) -> None:
        """Keep the report of an import with its quarantined rows."""
        with transaction.atomic():
            row = tables.DataImport.objects.create(
                symbol=symbol,
                timeframe=timeframe.value,
                files=list(report.files),
                gaps=plain(report.gaps),
                missing_bars=report.missing_bars,
                created_at=self._clock.now(),
                **{name: plain(getattr(report, name)) for name in COUNTS},
            )
            refused = [
                tables.QuarantinedRow(source=row, file=bad.file, line=bad.line, reason=bad.reason, text=bad.text)
                for bad in report.quarantined
            ]
            tables.QuarantinedRow.objects.bulk_create(refused, batch_size=BATCH)

    def rows_read(self, symbol: str, timeframe: Timeframe) -> RowsRead | None:
        """The rows of all imports of a series; None when nothing was imported for it."""
        found = tables.DataImport.objects.filter(symbol=symbol, timeframe=timeframe.value)
        sums = found.aggregate(rows=Sum("rows"), refused=Sum("quarantined_count"))
        return None if sums["rows"] is None else RowsRead(sums["rows"], sums["refused"])

    def trained(self, version: int, summary: Mapping[str, object], recipe: Mapping[str, object] | None = None) -> None:
        """Keep the session of a training that registered `version`, and its dataset once."""
        content: dict[str, Any] = plain(summary)
        with transaction.atomic():
            dataset = None if recipe is None else self._dataset(content, plain(recipe))
            tables.TrainingSession.objects.create(
                version_id=version, dataset=dataset, summary=content, finished_at=self._clock.now()
            )

    def _dataset(self, summary: dict[str, Any], recipe: dict[str, Any]) -> tables.Dataset:
        report = summary["metrics"]["dataset"]
        row, _ = tables.Dataset.objects.get_or_create(
            hash=summary["dataset_hash"],
            defaults={
                "recipe": recipe,
                "report": report,
                "rows": report["rows"],
                "created_at": self._clock.now(),
            },
        )
        return row

    def backtested(
        self,
        *,
        symbols: Sequence[str],
        timeframe: Timeframe,
        version: int | None,
        summary: Mapping[str, object],
        trades: Sequence[Trade],
    ) -> int:
        """Keep a finished backtest with its trades; returns its number."""
        content: dict[str, Any] = plain({name: value for name, value in summary.items() if name != "trades"})
        with transaction.atomic():
            row = tables.BacktestRun.objects.create(
                symbols=list(symbols),
                timeframe=timeframe.value,
                version_id=version,
                simulated=bool(content.get("simulated", False)),
                start=content.get("start"),
                end=content.get("end"),
                metrics=content.get("metrics", {}),
                summary=content,
                trade_count=len(trades),
                created_at=self._clock.now(),
            )
            run = Run(Origin.BACKTEST, f"backtest-{row.pk}")
            found = [trade_row(trade, run, row) for trade in trades]
            tables.Trade.objects.bulk_create(found, batch_size=BATCH)
        return row.pk
