"""Recorded candles: every file reads to the counts that its README states."""

import re
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.market.read import read_bars
from alphaplus.market.symbols import symbol_from_filename
from tests.market.conftest import NOW

pytestmark = pytest.mark.real_data

FILES = [
    "binance_spot_15m/SOLUSDT-15m-202008-202210",
    "binance_spot_1d/ADAUSDT-1d-201804-202210",
    "binance_spot_1d/BTCUSDT-1d-201708-202210",
    "binance_spot_1d/ETHUSDT-1d-201708-202210",
    "binance_spot_1h/ADAUSDT-1h-201804-202210",
    "binance_spot_1h/BNBUSDT-1h-202210-202504",
    "binance_spot_1h/BTCUSDT-1h-201708-202210",
    "binance_spot_1h/ETHUSDT-1h-201708-202210",
    "binance_spot_1h/LTCUSDT-1h-202210-202504",
    "binance_spot_1h/SOLUSDT-1h-202008-202210",
    "binance_spot_1m/BTCUSDT-1m-20240726-20240825",
    "binance_spot_1m/ETHUSDT-1m-20240726-20240825",
    "binance_spot_5m/APEUSDT-5m-202203-202209",
    "binance_usdm_1m_klines12/FILUSDT-1m-2024-10",
    "binance_usdm_1m_klines12/FILUSDT-1m-2024-11",
    "binance_usdm_1m_klines12/NEARUSDT-1m-2023-08",
    "binance_usdm_1m_klines12/NEARUSDT-1m-2023-09",
    "binance_usdm_1m_klines12/NEARUSDT-1m-2023-10",
    "bitfinex_1m/BTCUSD-1m-201710-201803",
    "bitfinex_1m/ETHUSD-1m-201801-201803",
]


def stated(folder: Path, name: str) -> dict[str, int]:
    """The counts that the README gives for a file; a gap count that it leaves out is 0."""
    line = next(line for line in (folder / "README.md").read_text().splitlines() if f"`ohlcv/{name}.csv.gz`" in line)
    cells = [cell.strip() for cell in line.split("|")]
    found = {"rows": int(cells[5])}
    for key, pattern in {
        "gaps": r"(\d+) gaps",
        "missing": r"(\d+) bars missing",
        "longest": r"longest (\d+)",
        "duplicates": r"(\d+) dup",
        "out_of_order": r"(\d+) out of order",
        "zero_volume": r"(\d+) zero-volume",
    }.items():
        found[key] = int(re.search(pattern, cells[7])[1])
    return found


@pytest.mark.parametrize("name", FILES)
def test_report_equals_the_readme(data_folder, name):
    path = data_folder / f"ohlcv/{name}.csv.gz"
    timeframe = Timeframe(path.name.split("-")[1])
    bars = read_bars([path], symbol=symbol_from_filename(path), timeframe=timeframe, now=NOW)
    report = bars.report
    found = {
        "rows": report.rows,
        "gaps": len(report.gaps),
        "missing": report.missing_bars,
        "longest": max((gap.bars for gap in report.gaps), default=0),
        "duplicates": report.duplicates,
        "out_of_order": report.out_of_order,
        "zero_volume": report.zero_volume,
    }
    assert found == stated(data_folder, name)
    assert (report.stored, report.quarantined_count, report.conflicts) == (report.rows, 0, 0)
    assert len(bars) == report.rows
    if "klines12" in name:
        assert (bars.column("buy_volume") <= bars.column("volume")).all()
        traded = bars.column("volume") > 0
        price = bars.column("quote_volume")[traded] / bars.column("volume")[traded]
        assert (price >= bars.column("low")[traded] * 0.999999).all()
        assert (price <= bars.column("high")[traded] * 1.000001).all()


def test_every_recorded_file_is_tested(data_folder):
    present = {p.relative_to(data_folder / "ohlcv").as_posix() for p in (data_folder / "ohlcv").glob("*/*.csv.gz")}
    assert present == {f"{name}.csv.gz" for name in FILES}


def test_months_join_into_one_series(data_folder):
    paths = [
        data_folder / f"ohlcv/binance_usdm_1m_klines12/NEARUSDT-1m-2023-{month}.csv.gz" for month in ("10", "08", "09")
    ]
    bars = read_bars(paths, symbol="NEARUSDT", timeframe=Timeframe.M1, now=NOW)
    assert len(bars) == 44640 + 43200 + 44640
    assert bars.report.gaps == ()
    assert bars.report.out_of_order == 0


def test_numbers_are_read_to_the_last_bit(data_folder):
    """Against Python's own reading of the text, which rounds correctly."""
    import gzip

    path = data_folder / "ohlcv/binance_spot_1h/ADAUSDT-1h-201804-202210.csv.gz"
    bars = read_bars([path], symbol="ADAUSDT", timeframe=Timeframe.H1, now=NOW)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
    plain = np.array([[float(field) for field in line.split(",")] for line in lines])
    assert np.array_equal(bars.table.to_numpy(), plain)
