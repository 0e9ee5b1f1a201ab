"""Layouts of good files, and what becomes of single bad rows in them."""

import gzip
import io
import zipfile

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.core.records import Gap
from alphaplus.market.read import read_bars
from tests.market.conftest import HEADER, HOUR, NOW, START, row


def klines(count=3, unit=1, header=False):
    """Binance's 12 columns, in milliseconds times `unit`."""
    lines = ["open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,x,ignore"] * header
    for n in range(count):
        time = (START + n * HOUR) * unit
        close_time = time + HOUR * unit - 1
        lines.append(f"{time},1.5,2.0,1.0,1.75,10.5,{close_time},17.25,42,4.5,7.5,0")
    return lines


@pytest.mark.parametrize("unit", [1, 1000], ids=["ms", "us"])
@pytest.mark.parametrize("header", [True, False])
def test_binance_klines_of_both_units_with_and_without_header(candles, unit, header):
    bars = candles(*klines(unit=unit, header=header), header=None)
    assert bars.open_time.tolist() == [START, START + HOUR, START + 2 * HOUR]
    assert bars.column("buy_volume").tolist() == [4.5] * 3
    assert bars.column("trade_count").tolist() == [42.0] * 3
    assert bars.column("quote_volume").tolist() == [17.25] * 3
    assert bars.report.layout.startswith("binance klines")
    assert (bars.report.rows, bars.report.stored, bars.report.quarantined_count) == (3, 3, 0)


@pytest.mark.parametrize("packing", ["plain", "gz", "zip", "gz without suffix"])
def test_packed_files_are_recognised_by_their_content(tmp_path, packing):
    text = "\n".join([HEADER, row(0), row(1)]).encode()
    path = tmp_path / {"plain": "a.csv", "gz": "a.csv.gz", "zip": "a.zip", "gz without suffix": "a.csv"}[packing]
    if packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner/BTCUSDT.csv", text)
    else:
        path.write_bytes(gzip.compress(text) if packing.startswith("gz") else text)
    bars = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)
    assert len(bars) == 2


def test_every_member_of_a_zip_is_read(tmp_path):
    path = tmp_path / "months.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2020-10.csv", "\n".join([HEADER, row(5), row(6)]))
        archive.writestr("2020-09.csv", "\n".join([HEADER, row(0), row(1)]))
    report = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW).report
    assert report.files == (f"{path}:2020-09.csv", f"{path}:2020-10.csv")
    assert report.gaps == (Gap(START + 2 * HOUR, 3),)
    assert report.out_of_order == 0


def test_what_systems_and_people_put_beside_the_data_in_a_zip_is_left_out(tmp_path):
    path = tmp_path / "BTCUSDT-1h.zip"
    text = "\n".join([HEADER, row(0), row(1)])
    with zipfile.ZipFile(path, "w") as archive:
        for clutter in ("__MACOSX/._BTCUSDT.csv", ".DS_Store", "x/.hidden/a.csv", "README.md", "notes.txt", "README"):
            archive.writestr(clutter, b"\x00\x05\x16\x07 no candles")
        archive.writestr("x/BTCUSDT.csv", text)
    report = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW).report
    assert report.files == (f"{path}:x/BTCUSDT.csv",)
    assert report.stored == 2


def test_text_alone_in_a_zip_may_be_candles(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("BTCUSDT.txt", "\n".join([HEADER, row(0)]))
    assert len(read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)) == 1


def test_byte_order_mark_windows_line_ends_quotes_blanks_and_empty_lines_are_read(candles):
    text = '\ufeff"Timestamp", "Open",High,Low,Close,Volume\r\n\r\n' + row(0) + "\r\n\r\n"
    text += f'"{START + HOUR}", "1.0" ,2.0,0.5,1.5,3\r\n   \r\n'
    bars = candles(content=text)
    assert (len(bars), bars.report.rows) == (2, 2)
    assert bars.column("open").tolist() == [100.0, 1.0]


def test_dates_with_a_zone_are_read_in_any_zone(candles):
    rows = [
        "2020-09-13T12:00:00Z,1,2,1,2,3",
        "2020-09-13 15:00:00+02:00,1,2,1,2,3",
        "2020-09-13T07:30-06:30,1,2,1,2,3",
        "2020-09-13 15:00:00.000 UTC,1,2,1,2,3",
    ]
    assert candles(*rows).open_time.tolist() == [START, START + HOUR, START + 2 * HOUR, START + 3 * HOUR]


def test_bare_dates_are_days_in_utc_when_that_is_said(candles):
    days = {"timeframe": Timeframe.D1, "name": "BTCUSDT-1d.csv"}
    bars = candles("2020-09-13,1,2,1,2,3", "2020-09-14,1,2,1,2,3", utc=True, **days)
    assert bars.open_time.tolist() == [1_599_955_200_000, 1_600_041_600_000]
    with pytest.raises(BadBars, match="no time zone") as caught:
        candles("2020-09-13,1,2,1,2,3", **days)
    assert "--utc" in caught.value.hint
    assert caught.value.context["line"] == 2


def test_leap_second_is_folded_into_its_minute_and_so_off_the_grid(candles):
    bars = candles("2016-12-31T23:00:00Z,1,2,1,2,3", "2016-12-31T23:59:60Z,1,2,1,2,3")
    assert "23:59:59.999" in bars.report.quarantined[0].reason


@pytest.mark.parametrize(("unit", "scale"), [("s", 1 / 1000), ("ms", 1), ("us", 1000), ("ns", 1_000_000)])
def test_time_unit_is_taken_at_its_word(candles, unit, scale):
    bars = candles(f"{round(START * scale)},1,2,1,2,3", f"{round((START + HOUR) * scale)},1,2,1,2,3", time_unit=unit)
    assert bars.open_time.tolist() == [START, START + HOUR]


@pytest.mark.parametrize(("said", "scale", "like"), [(None, 1 / 1000, "s"), (None, 1000, "us"), ("s", 1, "ms")])
def test_another_unit_is_refused_with_the_one_it_looks_like(candles, said, scale, like):
    with pytest.raises(BadBars, match=f"look like {like}, expected") as caught:
        candles(f"{round(START * scale)},1,2,1,2,3", time_unit=said)
    assert caught.value.hint == f"if they are, say --time-unit {like}"
    assert caught.value.context["line"] == 2


def test_a_single_row_in_another_unit_is_quarantined_not_converted(candles):
    bars = candles(row(0), row(1), row(0, time=START // 1000 + 7200), row(0, time=START * 1000), row(4))
    reasons = [refused.reason for refused in bars.report.quarantined]
    assert len(bars) == 3
    assert "looks like s" in reasons[0]
    assert "looks like us" in reasons[1]


def test_columns_may_be_mapped_and_others_are_left_out(candles):
    header = "Unix,Symbol,First,High,Low,Last,Volume BTC"
    mapping = {"open": "First", "close": "Last", "volume": "Volume BTC"}
    bars = candles(f"{START},BTC,1,4,1,3,9", header=header, columns=mapping)
    assert bars.table.row(0) == (START, 1.0, 4.0, 1.0, 3.0, 9.0)
    with pytest.raises(ConfigError, match="no column 'Zero'"):
        candles(row(0), columns={"open": "Zero"})
    with pytest.raises(ConfigError, match="is no bar column"):
        candles(row(0), columns={"opening": "open"})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(1, open_="nan"), "open is nan, expected a finite number"),
        (row(1, high="inf"), "high is inf"),
        (row(1, high="1e999"), "high is inf"),
        (row(1, low=-3.5), "low is negative: -3.5"),
        (row(1, close=0), "close is zero"),
        (row(1, open_="-0"), "open is zero"),
        (row(1, high=1e13), "high is out of range"),
        (row(1, low=1e-13), "low is out of range"),
        (row(1, high=104), "high 104.0 is below 105.0"),
        (row(1, low=101), "low 101.0 is above 100.0"),
        (row(1, volume=-1), "volume is -1.0"),
        (row(1, volume="-0.0"), "volume is -0.0"),
        (row(1, volume="1e-310"), "volume is 1e-310"),
        (row(1, volume=1e19), "volume is 1e+19"),
        (row(1, volume=""), "volume is missing"),
        (row(1, close="1_0"), "close '1_0' is not a number"),
        (row(1, close="0x10"), "close '0x10' is not a number"),
        (row(1, close="1١"), "close '1١' is not a number"),
        (row(1) + ",8", "7 fields, expected 6"),
        (f"{START + HOUR},1,2", "low is missing"),
        (row(1, time=START + HOUR + 1), "not on the grid of 1h"),
        (row(1, time="soon"), "time 'soon' is no whole number of ms"),
        (row(1, time=""), "the time is missing"),
        (row(1, time=-5), "not between 1990 and 2100"),
        (row(1, time=10**30), "no whole number of ms"),
        (row(1, time=NOW // HOUR * HOUR), "in the future"),
        (row(1, time=NOW + 1000 * HOUR), "in the future"),
        (row(1, time=2**63 - 1), "not between 1990 and 2100"),
        ('"1,2"' + row(1), "7 fields, expected 6"),
    ],
)
def test_a_bad_row_is_quarantined_with_file_line_reason_and_text(candles, bad, reason):
    bars = candles(row(0), bad, row(2))
    report = bars.report
    [refused] = report.quarantined
    assert reason in refused.reason
    assert refused.line == 3
    assert refused.file.endswith("BTCUSDT-1h.csv")
    assert refused.text == bad
    assert (report.rows, report.stored, report.quarantined_count) == (3, 2, 1)
    assert bars.open_time.tolist() == [START, START + 2 * HOUR]
    assert report.gaps == (Gap(START + HOUR, 1),)


def test_bytes_that_are_not_utf8_are_quarantined_with_their_line(candles):
    content = "\n".join([HEADER, row(0), ""]).encode() + b"16\xe9,1,2,1,2,3\n" + row(2).encode()
    report = candles(content=content).report
    assert [refused.line for refused in report.quarantined] == [3]
    assert report.stored == 2


def test_a_bar_counts_once_it_is_closed(candles):
    last = NOW // HOUR * HOUR - HOUR
    assert len(candles(row(0), row(0, time=last), now=last + HOUR)) == 2
    report = candles(row(0), row(0, time=last), now=last + HOUR - 1).report
    assert "in the future" in report.quarantined[0].reason


def test_rows_out_of_order_are_sorted_and_counted(candles):
    bars = candles(row(2), row(0, close=101), row(3), row(1, close=102))
    assert bars.open_time.tolist() == [START + n * HOUR for n in range(4)]
    assert bars.column("close").tolist() == [101.0, 102.0, 105.0, 105.0]
    assert bars.report.out_of_order == 2


def test_equal_rows_merge_and_other_values_are_refused_while_the_first_stays(candles):
    bars = candles(row(0), row(1, close=101), row(0), row(1, close=102), row(2))
    report = bars.report
    assert bars.column("close").tolist() == [105.0, 101.0, 105.0]
    assert (report.rows, report.stored, report.duplicates, report.conflicts) == (5, 3, 1, 1)
    assert report.quarantined_count == 1
    [conflict] = report.quarantined
    assert conflict.line == 5
    assert "close is 102.0 here and 101.0 in line 3" in conflict.reason


def test_a_duplicate_fills_in_what_was_unknown(tmp_path):
    plain, full = tmp_path / "plain.csv", tmp_path / "full.csv"
    plain.write_text("\n".join([HEADER, f"{START},1.5,2.0,1.0,1.75,10.5"]))
    full.write_text("\n".join(klines(2, header=True)))
    for order in ([plain, full], [full, plain]):
        bars = read_bars(order, symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)
        assert bars.column("buy_volume").tolist() == [4.5, 4.5]
        assert bars.report.duplicates == 1


def test_an_unknown_side_value_is_no_fault_but_a_negative_one_is(candles):
    header = HEADER + ",buy_volume"
    bars = candles(row(0) + ",", row(1) + ",nan", row(2) + ",3.5", row(3) + ",-1", row(4) + ",x", header=header)
    assert np.isnan(bars.column("buy_volume")[:2]).all()
    assert bars.column("buy_volume")[2] == 3.5
    assert [refused.line for refused in bars.report.quarantined] == [5, 6]


def test_more_bought_than_traded_is_refused(candles):
    header = HEADER + ",buy_volume"
    rounded = row(1, volume=10) + ",10.000000001"
    told = [row(0, volume=10) + ",10", rounded, row(2, volume=10) + ",15", row(3, volume=0) + ",0.5"]
    bars = candles(*told, row(4, volume=0) + ",0", row(5, volume=1.7e308) + ",1", header=header)
    assert bars.column("buy_volume").tolist() == [10.0, 10.000000001, 0.0]
    reasons = [(refused.line, refused.reason) for refused in bars.report.quarantined]
    assert reasons[:2] == [
        (4, "buy_volume is 15.0, more than the volume 10.0"),
        (5, "buy_volume is 0.5, more than the volume 0.0"),
    ]
    assert [line for line, _ in reasons] == [4, 5, 7]


def test_only_the_first_thousand_refused_rows_are_shown_and_all_are_counted(candles):
    bad = [row(n, volume=-1) for n in range(3000)]
    report = candles(row(5000), *bad).report
    assert len(report.quarantined) == 1000
    assert report.quarantined_count == 3000


def test_lines_are_numbered_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("alphaplus.market.files.BLOCK", 300)
    path = tmp_path / "a.csv"
    lines = [row(n) for n in range(200)]
    lines[150] = row(150, volume=-1)
    lines[151] = ""
    path.write_text("\n".join([HEADER, *lines]))
    report = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW).report
    assert [refused.line for refused in report.quarantined] == [152]
    assert (report.rows, report.stored) == (199, 198)


def test_progress_counts_the_bytes_of_all_files(tmp_path):
    paths = [tmp_path / f"{n}.csv" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_text("\n".join([HEADER, row(n)]))
    told = []
    read_bars(
        paths,
        symbol="BTCUSDT",
        timeframe=Timeframe.H1,
        now=NOW,
        progress=lambda done, total: told.append((done, total)),
    )
    total = sum(path.stat().st_size for path in paths)
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_memory_does_not_grow_with_the_text(tmp_path):
    """A file of long comments beside few bars costs what the bars cost, not what the text does."""
    import tracemalloc

    path = tmp_path / "a.csv.gz"
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as file:
        file.write((HEADER + ",note\n").encode())
        random = np.random.default_rng(0)
        for n in range(20_000):
            file.write(f"{row(n)},{random.bytes(500).hex()}\n".encode())
    path.write_bytes(buffer.getvalue())
    tracemalloc.start()
    bars = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(bars) == 20_000
    assert peak < 20 << 20  # of 21 MB of text
