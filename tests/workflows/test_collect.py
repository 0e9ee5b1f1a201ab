"""Importing files into a store: once, again, wrongly, and from real ones."""

import gzip

import pytest
from pydantic import ValidationError

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError, MissingBars
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows.collect import ImportRequest, import_files, list_series, verify

H1 = Timeframe.H1
NOW = 1_767_225_600_000


def request(*files, **options) -> ImportRequest:
    return ImportRequest(files=files, timeframe=H1, **options)


@pytest.fixture
def markets(tmp_path):
    """Two simulated markets as files named after their symbols."""
    paths = []
    for market in ("M1", "N0"):
        paths.append(tmp_path / f"SIM-{market}-1h.csv.gz")
        write_csv(simulate(market, bars=500), paths[-1])
    return paths


def test_files_of_several_symbols_become_series_labelled_as_said(tmp_path, markets):
    store = ParquetBarStore(tmp_path / "bars")
    told = []
    results = import_files(
        request(*markets, venue="simulated", fee_bps=2.0), store, now=NOW, progress=lambda *done: told.append(done)
    )
    assert [result.series.instrument.symbol for result in results] == ["SIM-M1", "SIM-N0"]
    assert all(result.series.instrument.simulated for result in results)
    assert [result.report.stored for result in results] == [500, 500]
    assert [series.bars for series in list_series(store)] == [500, 500]
    assert store.read("SIM-M1", H1).table.equals(simulate("M1", bars=500).table)
    assert told[-1][0] == told[-1][1] == sum(path.stat().st_size for path in markets)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_importing_twice_changes_nothing_and_says_so(tmp_path, markets):
    store = ParquetBarStore(tmp_path / "bars")
    import_files(request(*markets), store, now=NOW)
    before = {path: path.read_bytes() for path in (tmp_path / "bars").rglob("*") if path.is_file()}
    for result in import_files(request(*markets), store, now=NOW):
        report = result.report
        assert (report.rows, report.stored, report.duplicates, report.quarantined_count) == (500, 0, 500, 0)
    assert {path: path.read_bytes() for path in (tmp_path / "bars").rglob("*") if path.is_file()} == before


def test_an_error_in_any_file_stores_nothing_of_all(tmp_path, markets):
    bad = tmp_path / "SIM-X1.csv"
    bad.write_text("timestamp,open,high,low,close,volume\n")
    store = ParquetBarStore(tmp_path / "bars")
    with pytest.raises(BadBars):
        import_files(request(*markets, bad), store, now=NOW)
    assert list_series(store) == []
    assert not (tmp_path / "bars").exists()


def test_rows_that_contradict_the_store_are_reported_with_file_and_line(tmp_path):
    header, time = "timestamp,open,high,low,close,volume", 1_600_002_000_000
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(f"{header}\n{time},1,2,1,1.5,3\n{time + H1.ms},1,2,1,1.5,3\n")
    second.write_text(f"{header}\n{time + H1.ms},1,2,1,1.75,3\n{time},1,2,1,1.5,3\n{time + 2 * H1.ms},1,2,1,1.5,3\n")
    store = MemoryBarStore()
    import_files(request(first, symbol="BTCUSDT"), store, now=NOW)
    report = import_files(request(second, symbol="BTCUSDT"), store, now=NOW)[0].report
    assert (report.rows, report.stored, report.duplicates, report.conflicts) == (3, 1, 1, 1)
    assert report.quarantined_count == 1
    [refused] = report.quarantined
    assert (refused.file, refused.line) == (str(second), 2)
    assert "close is 1.75 here and 1.5 in the store" in refused.reason
    assert store.read("BTCUSDT", H1).column("close").tolist() == [1.5, 1.5, 1.5]


def test_a_name_that_tells_no_symbol_asks_for_one(tmp_path):
    with pytest.raises(ConfigError) as caught:
        import_files(request(tmp_path / "prices.csv"), MemoryBarStore(), now=NOW)
    assert "--symbol" in caught.value.hint
    with pytest.raises(ConfigError):
        import_files(request(tmp_path / "prices.csv", symbol="../x"), MemoryBarStore(), now=NOW)


def test_a_request_refuses_what_it_does_not_know():
    with pytest.raises(ValidationError):
        ImportRequest(files=(), timeframe=H1)
    with pytest.raises(ValidationError):
        ImportRequest(files=("a.csv",), timeframe="7m")
    with pytest.raises(ValidationError):
        ImportRequest(files=("a.csv",), timeframe="1h", repair=True)


@pytest.mark.real_data
def test_recorded_hours_are_stored_whole_and_verify(tmp_path, data_folder):
    folder = data_folder / "ohlcv/binance_spot_1h"
    files = [folder / "BTCUSDT-1h-201708-202210.csv.gz", folder / "ETHUSDT-1h-201708-202210.csv.gz"]
    store = ParquetBarStore(tmp_path / "bars")
    btc, eth = import_files(request(*files), store, now=NOW)
    assert (btc.report.stored, eth.report.stored) == (45_013, 45_024)
    assert (btc.series.missing_bars, eth.series.missing_bars) == (127, 127)
    again = import_files(request(*files), store, now=NOW)
    assert [result.report.duplicates for result in again] == [45_013, 45_024]
    found = verify(store)
    assert (found.series, found.bars, found.problems) == (2, 90_037, ())
    text = gzip.decompress(files[0].read_bytes()).decode().splitlines()
    last = store.last("BTCUSDT", H1, 1).table.row(0)
    assert last == tuple(map(float, text[-1].split(",")))
    with pytest.raises(MissingBars):
        store.read("ADAUSDT", H1)


@pytest.mark.real_data
def test_taker_volumes_of_recorded_klines_are_stored(tmp_path, data_folder):
    files = sorted((data_folder / "ohlcv/binance_usdm_1m_klines12").glob("FIL*.csv.gz"))
    store = ParquetBarStore(tmp_path / "bars")
    request_ = ImportRequest(files=tuple(files), symbol="FILUSDT", timeframe=Timeframe.M1)
    [result] = import_files(request_, store, now=NOW)
    assert result.series.missing_bars == 0
    bars = store.read("FILUSDT", Timeframe.M1)
    assert bars.table.row(0, named=True) == {
        "open_time": 1727740800000,
        "open": 3.809,
        "high": 3.825,
        "low": 3.809,
        "close": 3.822,
        "volume": 162058.7,
        "quote_volume": 618500.0259,
        "trade_count": 992.0,
        "buy_volume": 132245.2,
    }
