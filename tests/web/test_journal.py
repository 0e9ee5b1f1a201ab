"""What finished runs leave behind."""

from dataclasses import replace

from alphaplus.core.bars import Timeframe
from alphaplus.core.records import Gap, ImportReport, QuarantinedRow, RowsRead, Trade
from alphaplus.web import models as tables


def imported():
    refused = tuple(QuarantinedRow("a.csv", line, "negative price", "1,2,-3") for line in (7, 9))
    return ImportReport(
        files=("a.csv",),
        layout="header",
        rows=100,
        stored=90,
        duplicates=5,
        conflicts=1,
        quarantined=refused,
        quarantined_count=5,
        gaps=(Gap(3_600_000, 4),),
        zero_volume=2,
        out_of_order=3,
        first=0,
        last=7_200_000,
    )


def test_an_import_keeps_its_report_and_the_refused_rows(ports):
    ports.journal.imported("BTCUSDT", Timeframe.H1, imported())
    row = tables.DataImport.objects.get()
    assert (row.rows, row.stored, row.quarantined_count, row.missing_bars) == (100, 90, 5, 4)
    assert row.gaps == [{"start": 3_600_000, "bars": 4}]
    assert [(bad.line, bad.reason) for bad in row.quarantined.all()] == [(7, "negative price"), (9, "negative price")]


def test_rows_are_counted_over_all_imports_of_a_series(ports):
    ports.journal.imported("BTCUSDT", Timeframe.H1, imported())
    ports.journal.imported("BTCUSDT", Timeframe.H1, replace(imported(), rows=50, quarantined_count=0))
    ports.journal.imported("BTCUSDT", Timeframe.D1, replace(imported(), rows=7))
    assert ports.journal.rows_read("BTCUSDT", Timeframe.H1) == RowsRead(150, 5)
    assert ports.journal.rows_read("ETHUSDT", Timeframe.H1) is None


def test_a_training_session_belongs_to_its_version(ports, make):
    version = ports.models.add(make.version(), make.event("register"))
    ports.journal.trained(version.number, {"seconds": 1.5, "folds": [{"auc": float("nan")}]})
    session = tables.TrainingSession.objects.get(version=version.number)
    assert session.summary == {"seconds": 1.5, "folds": [{"auc": None}]}


def test_a_backtest_keeps_its_trades(ports, make):
    trades = [record for record in make.story().records if isinstance(record, Trade)]
    number = ports.journal.backtested(
        symbols=["BTCUSDT"],
        timeframe=Timeframe.H1,
        version=None,
        summary={"metrics": {"sharpe": 1.0}, "start": 1, "end": 2, "simulated": True, "trades": ["kept elsewhere"]},
        trades=trades,
    )
    row = tables.BacktestRun.objects.get(pk=number)
    assert row.trade_count == row.trades.count() == len(trades)
    assert row.simulated
    assert "trades" not in row.summary
    assert {trade.run_id for trade in row.trades.all()} == {f"backtest-{number}"}
