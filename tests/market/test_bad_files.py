"""Files that are refused as a whole: a clear message with file, line and remedy, and nothing taken."""

import gzip
import os
import zipfile

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError, SourceUnavailable
from alphaplus.market.read import read_bars
from tests.market.conftest import HEADER, HOUR, NOW, START, row


def read(path, timeframe=Timeframe.H1, **options):
    return read_bars([path], symbol="BTCUSDT", timeframe=timeframe, now=NOW, **options)


def good_text(rows=300) -> bytes:
    return "\n".join([HEADER, *(row(n) for n in range(rows))]).encode()


def noisy_text(rows=20_000) -> bytes:
    """Text that compresses badly, so that a cut hits its middle."""
    random = np.random.default_rng(0)
    return "\n".join([HEADER, *(row(n, volume=random.random()) for n in range(rows))]).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "has no rows"),
        (HEADER.encode() + b"\n", "header and no rows"),
        (HEADER.replace(",", ";").encode() + b"\n1;2;3;4;5;6\n", "line 1 separates its fields by semicolons"),
        (HEADER.replace(",", "\t").encode() + b"\n", "separates its fields by tabs"),
        (b"timestamp,open,high,low,close\n", "no column for volume"),
        (b"timestamp,open,high,low,close,volume,open\n", "names the column 'open' more than once"),
        (b"timestamp,open,high,low,close,volume,note,note\n", "names the column 'note' more than once"),
        (row(0).encode(), "line 1 has no header and 6 fields"),
        (",".join(str(n) for n in range(70)).encode(), "line 1 has 70 columns, at most 64"),
        (",".join(f"column{n}" for n in range(65)).encode(), "line 1 has 65 columns, at most 64"),
        (HEADER.encode() + b"\n" + b"1," * 10_000_000, "line 2 is longer than 64 KiB"),
        (b"1," * 10_000_000, "line 1 is longer than 64 KiB"),
        (good_text() + b"\n" + b"9" * 70_000 + b"\n" + row(301).encode(), "line 302 is longer than 64 KiB"),
        (good_text().decode().encode("utf-16"), "is UTF-16 text"),
        (b"PAR1....", "is a Parquet file"),
        (HEADER.encode() + b"\nyesterday,1,2,1,2,3\n", "line 2: 'yesterday' is no time"),
        (HEADER.encode() + b"\n2024-13-45T00:00Z,1,2,1,2,3\n", "is no time"),
        (HEADER.encode() + b"\n2024-01-01 00:00:00,1,2,1,2,3\n", "has no time zone"),
        ("\r".join([HEADER, row(0), row(1)]).encode(), "ends its lines by carriage returns alone"),
        (("\r".join([HEADER, *(row(n) for n in range(5000))])).encode(), "ends its lines by carriage returns alone"),
        (HEADER.encode() + b"\n17,1,2,1,2,3\n", "are no times between 1990 and 2100 in any unit"),
        (
            f"{HEADER}\n{row(0, volume=-1)}\n{row(1, open_='nan')}".encode(),
            "none of its 2 rows is usable; the first: line 2",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be(tmp_path, content, message):
    path = tmp_path / "BTCUSDT.csv"
    path.write_bytes(content)
    with pytest.raises(BadBars) as caught:
        read(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert caught.value.context["file"] == str(path)
    if "line " in message:
        assert isinstance(caught.value.context["line"], int)


def test_mixed_up_columns_are_refused_as_a_whole(tmp_path):
    """Bitfinex gives open, close, high, low: some rows would pass for good ones."""
    random = np.random.default_rng(0)
    lines = [HEADER]
    for n, (open_, close) in enumerate(100 + random.normal(size=(50, 2))):
        lines.append(f"{START + n * HOUR},{open_},{close},{max(open_, close) + 1},{min(open_, close) - 1},5")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(BadBars, match="the prices contradict one another; the first: line 2") as caught:
        read(path)
    assert "mixed up" in caught.value.hint


def test_another_timeframe_is_refused_both_ways(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(good_text(600))
    with pytest.raises(BadBars, match="bars are 1h apart, expected 1m") as caught:
        read(path, Timeframe.M1)
    assert caught.value.hint == "say --timeframe 1h"
    with pytest.raises(BadBars, match="off the grid of 4h bars"):
        read(path, Timeframe.H4)


@pytest.mark.parametrize(("rows", "step"), [(95, 24), (30, 24), (21, 24), (25, 48), (40, 2), (30, 168)])
def test_a_short_file_in_a_coarser_timeframe_is_refused_too(tmp_path, rows, step):
    coarser = {2: "2h", 24: "1d", 48: "1d", 168: "1w"}[step]
    path = tmp_path / "a.csv"
    monday = Timeframe.W1.floor(START)
    path.write_text("\n".join([HEADER, *(row(0, time=monday + n * step * HOUR) for n in range(rows))]))
    with pytest.raises(BadBars, match=f"bars are {coarser} apart, expected 1h") as caught:
        read(path)
    assert caught.value.hint == f"say --timeframe {coarser}"
    assert len(read(path, Timeframe(coarser))) == rows


def test_hours_with_many_holes_are_still_hours(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *(row(n * 24) for n in range(95)), row(94 * 24 + 1)]))
    assert len(read(path)) == 96


@pytest.mark.parametrize(("first", "second"), [("ms", "us"), ("us", "ms"), ("ms", "s"), ("ns", "ms")])
@pytest.mark.parametrize(("rows", "others"), [(60, 60), (60, 15), (3, 3), (2000, 12)])
def test_two_units_of_time_in_one_file_are_refused_with_a_line_of_each(tmp_path, first, second, rows, others):
    scale = {"s": 1 / 1000, "ms": 1, "us": 1000, "ns": 1_000_000}
    times = [round((START + n * HOUR) * scale[first if n < rows else second]) for n in range(rows + others)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *(row(0, time=time) for time in times)]))
    with pytest.raises(BadBars, match="mixes two units of time") as caught:
        read(path)
    assert f"line 2 is in {first}" in caught.value.message or f"line 2 in {first}" in caught.value.message
    assert f"line {rows + 2} " in caught.value.message
    assert f"in {second}" in caught.value.message
    assert "--time-unit" in caught.value.hint


def test_a_second_unit_late_in_a_long_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("alphaplus.market.files.BLOCK", 2000)
    path = tmp_path / "a.csv"
    lines = [row(n) for n in range(300)] + [row(0, time=(START + n * HOUR) * 1000) for n in range(300, 312)]
    path.write_text("\n".join([HEADER, *lines]))
    with pytest.raises(BadBars, match="line 2 is in ms, line 302 in us, as are 12 of 312 rows"):
        read(path)


EVIL = "evil\x1b[31mRED\x1b]0;t\x07\u202e"


@pytest.mark.parametrize(
    "content",
    [
        f"{EVIL},open,high,low,close,volume\n",
        f"{EVIL};open;high;low\n",
        f"{HEADER}\n{EVIL},1,2,1,2,3\n",
        f"1,{EVIL}\n",
        f"{HEADER}\n{START},1,2,1,{EVIL},3\n",
        f"{HEADER},{EVIL},{EVIL}\n",
    ],
)
def test_nothing_of_a_file_reaches_a_terminal_raw(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadBars) as caught:
        read(path)
    assert caught.value.message.isprintable()
    with pytest.raises((BadBars, ConfigError)) as caught:
        read(path, columns={"open": "Zero"})
    assert str(caught.value).isprintable()


def test_names_of_files_and_members_reach_no_terminal_raw(tmp_path):
    evil = EVIL.replace("/", "")
    for name in (f"{evil}.csv", "bytes\udcff.csv"):
        (tmp_path / name).write_text("")
        for path in (tmp_path / name, tmp_path / f"absent{name}"):
            with pytest.raises((BadBars, SourceUnavailable)) as caught:
                read(path)
            assert str(caught.value).isprintable()
            assert caught.value.context["file"].isprintable()
    (tmp_path / f"{evil}.csv").write_bytes(good_text(5))
    report = read(tmp_path / f"{evil}.csv").report
    assert all(name.isprintable() for name in report.files)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"{evil}.csv", "")
    with pytest.raises(BadBars, match=r"\\x1b\[31mRED") as caught:
        read(tmp_path / "a.zip")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["ETHUSDT-1h-2024-01.csv", "ethusdt_1h.csv", "ETHUSDT-1H.csv", "BTCUSD-1h.csv"])
def test_a_name_that_says_another_symbol_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(good_text())
    with pytest.raises(BadBars, match=r"the name says [A-Z]+ 1h, expected BTCUSDT 1h") as caught:
        read(tmp_path / name)
    assert f"--symbol {name[:6].upper()}" in caught.value.hint
    assert "rename" in caught.value.hint


def test_a_name_that_says_another_timeframe_is_refused(tmp_path):
    (tmp_path / "BTCUSDT-1d-2024.csv").write_bytes(good_text())
    with pytest.raises(BadBars, match="the name says BTCUSDT 1d, expected BTCUSDT 1h") as caught:
        read(tmp_path / "BTCUSDT-1d-2024.csv")
    assert "--symbol BTCUSDT --timeframe 1d" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        "BTCUSDT-1h.csv",
        "btcusdt-1h.csv",
        "BTC_USDT-1h-2024.csv",
        "BTC-1h.csv",
        "Binance_BTCUSDT_1h.csv",
        "candles-1h.csv",
        "ETHUSDT.csv",
        "ETHUSDT-2024.csv",
        "2024-01-1h.csv",
        "BTCUSDT-1M-2024.csv",
        "ETHUSDT-8h.csv",
    ],
)
def test_a_name_that_says_the_same_or_nothing_clear_is_taken(tmp_path, name):
    (tmp_path / name).write_bytes(good_text())
    assert len(read(tmp_path / name)) == 300


def test_a_venue_before_the_symbol_may_be_missing_in_the_name(tmp_path):
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_bytes(good_text())
    assert len(read_bars([path], symbol="BINANCE:BTCUSDT", timeframe=Timeframe.H1, now=NOW)) == 300


def test_an_archive_of_several_symbols_is_refused(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for symbol in ("BTCUSDT", "ETHUSDT"):
            archive.writestr(f"{symbol}-1h-2024-01.csv", good_text())
    with pytest.raises(BadBars, match=r"all.zip:ETHUSDT-1h-2024-01.csv: the name says ETHUSDT 1h, expected BTCUSDT"):
        read(path)


def test_remedies_name_the_flag_that_the_command_has(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("when,open,high,low,close,volume\n")
    with pytest.raises(BadBars) as caught:
        read(path)
    assert "--columns open_time=NAME" in caught.value.hint


@pytest.mark.parametrize("cut", [0.3, 0.999])
def test_a_truncated_gzip_is_refused(tmp_path, cut):
    packed = gzip.compress(noisy_text())
    path = tmp_path / "a.csv.gz"
    path.write_bytes(packed[: int(len(packed) * cut)])
    with pytest.raises(BadBars, match="damaged or cut short"):
        read(path)


def test_a_damaged_gzip_and_zip_are_refused(tmp_path):
    packed = bytearray(gzip.compress(noisy_text()))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "a.csv.gz").write_bytes(packed)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", noisy_text())
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    for name in ("a.csv.gz", "a.zip"):
        with pytest.raises(BadBars):
            read(tmp_path / name)


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_decompression_bomb_is_refused_before_it_unfolds(tmp_path, kind):
    bomb = good_text() + b"\n" * 200_000_000
    path = tmp_path / f"a.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(bomb, 9))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", bomb)
    with pytest.raises(BadBars, match="more than 100 times its size"):
        read(path)


def test_archives_in_archives_and_empty_ones_are_refused(tmp_path):
    contents = {"nested.zip": ["a.csv.gz"], "empty.zip": [], "folder.zip": ["x/"], "note.zip": ["README.md", ".x"]}
    for name, members in contents.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.writestr(member, "")
        with pytest.raises(BadBars):
            read(tmp_path / name)


def test_folders_missing_files_and_devices_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("", "is a directory"), ("none.csv", "does not exist"), ("pipe", "not a regular file")):
        with pytest.raises(SourceUnavailable, match=message):
            read(tmp_path / name)


def test_no_file_and_unknown_units_are_usage_errors(tmp_path):
    with pytest.raises(ConfigError, match="no file"):
        read_bars([], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)
    path = tmp_path / "a.csv"
    path.write_bytes(good_text())
    with pytest.raises(ConfigError, match="unknown time unit"):
        read(path, time_unit="minutes")


def test_a_bad_file_after_a_good_one_fails_the_whole_read(tmp_path):
    (tmp_path / "good.csv").write_bytes(good_text())
    (tmp_path / "bad.csv").write_bytes(b"")
    with pytest.raises(BadBars):
        read_bars([tmp_path / "good.csv", tmp_path / "bad.csv"], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("alphaplus.market.read.MAX_ROWS", 200)
    path = tmp_path / "a.csv"
    path.write_bytes(good_text())
    with pytest.raises(BadBars, match="more than 200 rows"):
        read(path)
