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
    if "line" in message:
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
    for name, members in {"nested.zip": ["a.csv.gz"], "empty.zip": [], "folder.zip": ["x/"]}.items():
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
