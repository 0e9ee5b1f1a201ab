"""Importing trades and order books: bars are made or learn side columns, and every row is accounted for."""

import json
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.bars import SIDE_COLUMNS, Timeframe
from alphaplus.core.errors import BadBars, BadTicks, ConfigError, MissingBars
from alphaplus.market.book import BOOK_COLUMNS
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows.collect import FileKind, ImportRequest, import_files, verify

NOW = 1_767_225_600_000
MINUTE = 60_000
DAY = 1_704_067_200_000  # 2024-01-01
CANDLES = ["timestamp,open,high,low,close,volume", f"{DAY},10,12,9,11,3.5", f"{DAY + MINUTE},11,11,11,11,1"]
TRADES = [
    f"1,10,1.5,15,{DAY + 100},True,True",
    f"2,12,0.5,6,{DAY + 200},False,True",
    f"3,9,1,9,{DAY + 300},True,True",
    f"4,11,0.5,5.5,{DAY + 400},False,True",
    f"5,11,1,11,{DAY + MINUTE},False,True",
]
BOOK = [
    ("snapshot", 1, 1_000, [["10", "1"], ["9", "1"]], [["11", "3"], ["12", "1"]]),
    ("delta", 2, 61_000, [["10.5", "1"]], []),
    ("delta", 3, 125_000, [], []),
]


def ask(kind, *files, **options) -> ImportRequest:
    return ImportRequest(files=files, kind=kind, timeframe=Timeframe.M1, symbol="BTCUSDT", **options)


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """The same two minutes as candles, as trades and as an order book."""
    lines = []
    for kind, number, time, bids, asks in BOOK:
        data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": number, "seq": number}
        message = {"topic": "orderbook.500.BTCUSDT", "type": kind, "ts": DAY + time, "data": data}
        lines.append(json.dumps(message, separators=(",", ":")))
    contents = {"candles.csv": CANDLES, "BTCUSDT-trades-2024-01-01.csv": TRADES, "book.data": lines}
    for name, content in contents.items():
        (tmp_path / name).write_text("\n".join(content) + "\n")
    return dict(zip(("bars", "trades", "book"), (tmp_path / name for name in contents), strict=True))


@pytest.fixture(params=["memory", "parquet"])
def store(request, tmp_path):
    return MemoryBarStore() if request.param == "memory" else ParquetBarStore(tmp_path / "bars")


def test_trades_become_bars_with_side_columns(files, store):
    [result] = import_files(ask("trades", files["trades"], venue="binance"), store, now=NOW)
    assert result.series.instrument.venue == "binance"
    bars = store.read("BTCUSDT", Timeframe.M1)
    assert bars.column("volume").tolist() == [3.5, 1.0]
    assert bars.column("buy_volume").tolist() == [1.0, 1.0]
    assert bars.column("quote_volume").tolist() == [35.5, 11.0]
    report = result.report
    assert (report.rows, report.stored, report.duplicates, result.filled) == (2, 2, 0, 0)
    assert (result.trades.trades, result.trades.bars, result.book) == (5, 2, None)


@pytest.mark.parametrize("first", ["bars", "trades"])
def test_trades_and_candles_of_the_same_minutes_are_the_same_bars(files, store, first):
    second = "trades" if first == "bars" else "bars"
    import_files(ask(first, files[first]), store, now=NOW)
    [result] = import_files(ask(second, files[second]), store, now=NOW)
    report = result.report
    assert (report.rows, report.stored, report.duplicates, report.conflicts) == (2, 0, 2, 0)
    assert result.filled == (2 if first == "bars" else 0)
    assert store.read("BTCUSDT", Timeframe.M1).column("trade_count").tolist() == [4.0, 1.0]


def test_trades_that_contradict_a_stored_bar_are_named_with_their_line(files, store):
    import_files(ask("bars", files["bars"]), store, now=NOW)
    lines = [*TRADES[:3], *TRADES[4:]]
    files["trades"].write_text("\n".join(lines))
    [result] = import_files(ask("trades", files["trades"]), store, now=NOW)
    report = result.report
    assert (report.rows, report.stored, report.duplicates, report.conflicts) == (2, 0, 1, 1)
    assert report.quarantined[0].line == 1
    assert "close is 9.0 here and 11.0 in the store" in report.quarantined[0].reason
    assert result.trades.missing_ids == 1
    assert np.isnan(store.read("BTCUSDT", Timeframe.M1).column("buy_volume")).tolist() == [True, False]


def test_a_refused_trade_is_in_the_account(files, store):
    files["trades"].write_text("\n".join([*TRADES, f"6,x,1,1,{DAY + 2 * MINUTE},True,True", ""]))
    [result] = import_files(ask("trades", files["trades"]), store, now=NOW)
    report = result.report
    assert (report.rows, report.stored, report.quarantined_count) == (2, 1, 1)
    assert (report.quarantined[0].line, report.quarantined[0].reason[:20]) == (6, "its price is no numb")
    assert result.trades.partial == (DAY + MINUTE,)


def test_a_book_fills_the_side_columns_of_stored_bars(files, store):
    import_files(ask("bars", files["bars"]), store, now=NOW)
    before = store.read("BTCUSDT", Timeframe.M1)
    [result] = import_files(ask("book", files["book"]), store, now=NOW)
    bars = store.read("BTCUSDT", Timeframe.M1)
    assert bars.column("microprice").tolist() == [(10 * 3 + 11 * 1) / 4, (10.5 * 3 + 11 * 1) / 4]
    assert bars.table.select(before.table.columns).equals(before.table)
    report = result.report
    assert (report.rows, report.stored, report.duplicates, result.filled) == (2, 0, 2, 2)
    assert (result.book.snapshots, result.book.deltas, result.book.measured) == (1, 2, 2)
    [again] = import_files(ask("book", files["book"]), store, now=NOW)
    assert (again.report.duplicates, again.report.conflicts, again.filled) == (2, 0, 0)


def test_another_book_of_the_same_bars_is_a_conflict(files, store):
    import_files(ask("bars", files["bars"]), store, now=NOW)
    import_files(ask("book", files["book"]), store, now=NOW)
    files["book"].write_text(files["book"].read_text().replace('["11","3"]', '["11","4"]'))
    [result] = import_files(ask("book", files["book"]), store, now=NOW)
    assert (result.report.conflicts, result.report.duplicates) == (2, 0)
    assert "microprice is" in " ".join(row.reason for row in result.report.quarantined)


def test_a_book_without_stored_bars_is_refused(files, store):
    with pytest.raises(MissingBars, match=r"saw 2 closes from 2024-01-01T00:01Z of 1m bars, and none of these"):
        import_files(ask("book", files["book"]), store, now=NOW)
    assert store.series() == []


def test_a_bad_file_stores_nothing(files, store):
    with pytest.raises(BadTicks):
        import_files(ask("trades", files["trades"], files["book"]), store, now=NOW)
    assert store.series() == []


@pytest.mark.parametrize("options", [{"utc": True}, {"time_unit": "ms"}, {"columns": {"open": "o"}}])
def test_options_of_candles_are_not_for_ticks(files, store, options):
    with pytest.raises(ConfigError, match="is for candles, not for trades"):
        import_files(ask("trades", files["trades"], **options), store, now=NOW)


@pytest.mark.real_data
def test_recorded_trades_and_books_join_the_recorded_candles(data_folder, tmp_path):
    store = ParquetBarStore(tmp_path / "bars")
    candles = data_folder / "ohlcv/binance_spot_1m/BTCUSDT-1m-20240726-20240825.csv.gz"
    streams = [data_folder / f"ticks/binance_spot_stream_btcusdt_{day}.txt.gz" for day in ("20240808", "20240809")]
    told = []
    import_files(ask(FileKind.BARS, candles), store, now=NOW)
    for kind, filled in ((FileKind.TRADES, 10), (FileKind.BOOK, 8)):
        [result] = import_files(ask(kind, *streams), store, now=NOW, progress=lambda *done: told.append(done))
        assert (result.report.stored, result.report.conflicts, result.filled) == (0, 0, filled)
    assert told[-1][0] == told[-1][1] == sum(path.stat().st_size for path in streams)
    bars = store.read("BTCUSDT", Timeframe.M1)
    known = np.isfinite(bars.matrix(("buy_volume", "trade_count", "quote_volume", "largest_trade"))).all(axis=1)
    assert known.sum() == 10
    assert np.isfinite(bars.column("spread_bps")).sum() == 8
    assert {name for name in bars.table.columns if name in SIDE_COLUMNS} <= {
        "buy_volume", "trade_count", "quote_volume", "largest_trade", *BOOK_COLUMNS,
    }  # fmt: skip
    assert not verify(store).problems


@pytest.mark.parametrize(
    ("held", "said", "hint"),
    [
        ("trades", "bars", "add --kind trades"),
        ("book", "bars", "add --kind book"),
        ("book", "trades", "add --kind book"),
        ("bars", "trades", "leave out --kind"),
        ("bars", "book", "leave out --kind"),
    ],
)
def test_a_file_of_another_kind_is_told_by_its_looks(held, said, hint, files):
    with pytest.raises((BadBars, BadTicks), match="looks like") as told:
        import_files(ask(said, files[held]), MemoryBarStore(), now=NOW)
    assert told.value.hint == hint


def test_trades_in_one_long_line_of_json_are_known(tmp_path):
    path = tmp_path / "trades.json"
    path.write_text(json.dumps([[DAY + n, str(n), None, "buy", 10.0, 1.0, 10.0] for n in range(5_000)]))
    with pytest.raises(BadBars, match="looks like trades, not like candles"):
        import_files(ask("bars", path), MemoryBarStore(), now=NOW)


def test_a_wide_snapshot_of_a_book_is_known(tmp_path):
    levels = [f"{side}[{n}].{what}" for n in range(500) for side in ("asks", "bids") for what in ("price", "amount")]
    path = tmp_path / "book.csv"
    path.write_text(",".join(["exchange", "symbol", "timestamp", "local_timestamp", *levels]) + "\n")
    with pytest.raises(BadBars, match="looks like an order book, not like candles"):
        import_files(ask("bars", path), MemoryBarStore(), now=NOW)
