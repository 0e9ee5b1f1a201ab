"""Bad input at the command line: a clear message, line and remedy, the documented code, nothing half-stored."""

import gzip
import time

import pytest

from alphaplus.storage.parquet import ParquetBarStore

HEADER = "timestamp,open,high,low,close,volume\n"
START = 1_600_000_000_000 // 3_600_000 * 3_600_000
HOUR = 3_600_000


def row(i, values="10,11,9,10.5,3", start=START, unit=1):
    return f"{(start + i * HOUR) * unit},{values}\n"


def sound(n=20, **kwargs):
    return HEADER + "".join(row(i, **kwargs) for i in range(n))


FUTURE = (int(time.time() * 1000) // HOUR + 1000) * HOUR

QUARANTINED = {
    "nan": ("nan,11,9,10.5,3", "open"),
    "infinite": ("10,inf,9,10.5,3", "high"),
    "negative price": ("10,11,-9,10.5,3", "low"),
    "zero price": ("10,11,0,10.5,3", "low"),
    "high below low": ("10,8,9,9.5,3", "high"),
    "low above close": ("10,12,10.5,10.2,3", "low"),
    "negative volume": ("10,11,9,10.5,-3", "volume"),
    "beyond a double": ("1e999,11,9,10.5,3", "open"),
}


def test_bad_rows_are_quarantined_with_line_and_reason_and_the_rest_is_stored(cli, tmp_path):
    file = tmp_path / "candles.csv"
    bad = "".join(row(10 + i, values) for i, (values, _) in enumerate(QUARANTINED.values()))
    file.write_text(sound(10) + bad + row(10 + len(QUARANTINED)))
    done = cli("data", "import", file, "--symbol", "BTCUSDT", "--timeframe", "1h", "--json")
    assert done.code == 0, done.err
    report = done.json["imports"][0]
    assert (report["rows"], report["stored"], report["quarantined"]) == (19, 11, 8)
    assert report["missing_bars"] == 8
    for i, (refused, (_, word)) in enumerate(zip(report["quarantined_rows"], QUARANTINED.values(), strict=True)):
        assert (refused["file"], refused["line"]) == (str(file), 12 + i)
        assert word in refused["reason"]


def write_truncated(path):
    whole = gzip.compress((sound(5000)).encode())
    path.write_bytes(whole[: len(whole) // 2])


FILES = {
    "wrong delimiter": ("a.csv", lambda p: p.write_text(sound().replace(",", ";")), "separat"),
    "mixed-up columns": ("a.csv", lambda p: p.write_text(sound().replace("open,high", "open,open")), "open"),
    "no header": ("a.csv", lambda p: p.write_text("".join(row(i) for i in range(9))), "header"),
    "truncated gzip": ("a.csv.gz", write_truncated, "cut short"),
    "ten million columns": ("a.csv", lambda p: p.write_text(HEADER + "1," * 10_000_000), "line 2"),
    "an empty file": ("a.csv", lambda p: p.write_text(""), "empty"),
    "a directory": ("a.csv", lambda p: p.mkdir(), "directory"),
    "microseconds where milliseconds are meant": ("a.csv", lambda p: p.write_text(sound(unit=1000)), "us"),
    "seconds where milliseconds are meant": (
        "a.csv",
        lambda p: p.write_text(HEADER + "".join(f"{(START + i * HOUR) // 1000},10,11,9,10.5,3\n" for i in range(9))),
        "time-unit",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_refused_whole_with_a_remedy(kind, cli, tmp_path):
    name, write, word = FILES[kind]
    file = tmp_path / name
    write(file)
    done = cli("data", "import", file, "--symbol", "BTCUSDT", "--timeframe", "1h")
    assert done.code in (1, 2), done.err
    assert str(file) in done.err
    assert word in done.err.lower(), done.err
    assert "what to do:" in done.err
    assert "Traceback" not in done.err
    assert ParquetBarStore(cli.home / "bars").series() == []


def test_future_stamps_are_quarantined(cli, tmp_path):
    file = tmp_path / "candles.csv"
    file.write_text(sound(3) + row(0, start=FUTURE))
    report = cli("data", "import", file, "--symbol", "BTCUSDT", "--timeframe", "1h", "--json").json["imports"][0]
    assert (report["stored"], report["quarantined"]) == (3, 1)
    assert "future" in report["quarantined_rows"][0]["reason"]


def test_conflicting_duplicates_are_refused_and_the_first_stays(cli, tmp_path):
    file = tmp_path / "candles.csv"
    file.write_text(sound(10) + row(3, "10,11,9,10.7,3") + row(4))
    first = cli("data", "import", file, "--symbol", "BTCUSDT", "--timeframe", "1h", "--json").json["imports"][0]
    assert (first["stored"], first["duplicates"], first["conflicts"], first["quarantined"]) == (10, 1, 1, 1)
    later = tmp_path / "later.csv"
    later.write_text(HEADER + row(3, "10,11,9,10.9,3"))
    second = cli("data", "import", later, "--symbol", "BTCUSDT", "--timeframe", "1h", "--json").json["imports"][0]
    assert (second["stored"], second["conflicts"]) == (0, 1)
    assert "10.5" in second["quarantined_rows"][0]["reason"]


def test_a_wrong_setting_and_a_missing_series_have_their_codes(cli):
    assert cli("data", "list", ALPHAPLUS_WEB__PORTT="1").code == 2
    missing = cli("train", "--symbols", "NOSUCH", "--json")
    assert missing.code == 4
    assert missing.json["error"]["type"] == "MissingBars"
    assert cli("models", "show", "99").code == 2
