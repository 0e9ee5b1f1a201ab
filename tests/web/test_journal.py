"""What finished runs leave behind."""

from dataclasses import replace

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.core.records import Gap, ImportReport, QuarantinedRow, RowsRead, Trade
from alphaplus.web import models as tables
from alphaplus.web.queries import datasets as queries


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


def test_a_dataset_is_kept_once_for_all_trainings_on_it(ports, make):
    summary = {"dataset_hash": "d" * 64, "metrics": {"dataset": {"rows": 900, "symbols": ["BTCUSDT"]}}}
    recipe = {"timeframe": "1h", "start": None}
    numbers = [
        ports.models.add(make.version(label), make.event("register", label)).number for label in ("lgb_1", "lgb_2")
    ]
    for number in numbers:
        ports.journal.trained(number, summary, recipe)
    dataset = tables.Dataset.objects.get()
    assert (dataset.hash, dataset.rows, dataset.recipe) == ("d" * 64, 900, recipe)
    assert dataset.report["symbols"] == ["BTCUSDT"]
    assert sorted(dataset.sessions.values_list("version_id", flat=True)) == numbers
    assert queries.dataset("dddd")["versions"] == numbers
    assert [one["hash"] for one in queries.datasets()] == ["d" * 64]


def test_a_dataset_is_found_by_the_beginning_of_its_hash(ports, make):
    number = ports.models.add(make.version(), make.event("register")).number
    for letters in ("ab", "ac"):
        summary = {"dataset_hash": "feed" + letters * 30, "metrics": {"dataset": {"rows": 900}}}
        ports.journal.trained(number, summary, {})
    assert queries.dataset("FEEDAB")["hash"] == "feed" + "ab" * 30
    with pytest.raises(ConfigError, match="begins the hashes of several datasets"):
        queries.dataset("feeda")
    with pytest.raises(ConfigError, match="too little of a hash"):
        queries.dataset("fee")
    with pytest.raises(UnknownName, match="unknown dataset 'zzzz'"):
        queries.dataset("zzzz")


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
