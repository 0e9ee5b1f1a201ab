"""The files of the Parquet store: small, durable, verified, and never half written."""

import errno
import json
import os

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import StorageError
from alphaplus.storage import durable
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.storage.parts import periods
from alphaplus.workflows.collect import verify
from tests.storage.conftest import START, bars_at

H1, M1 = Timeframe.H1, Timeframe.M1


@pytest.fixture
def filled(tmp_path):
    """A store of two years of hours and two months of minutes."""
    store = ParquetBarStore(tmp_path / "bars")
    store.append(bars_at(range(10_000)))
    store.append(bars_at(range(50_000), M1))
    return store


def parts_of(store):
    return sorted(store.folder.rglob("*.parquet"))


def test_a_part_a_month_under_an_hour_and_a_year_from_there_on(filled):
    assert sorted(path.name.rsplit("-", 1)[0] for path in parts_of(filled)) == ["2020", "2020-01", "2020-02", "2021"]
    times = START + M1.ms * np.array([0, 44_639, 44_640, 100_000])
    assert periods(times, M1) == [("2020-01", slice(0, 2)), ("2020-02", slice(2, 3)), ("2020-03", slice(3, 4))]
    assert periods(times[:0], M1) == []


def test_decimals_take_less_room_than_doubles(tmp_path):
    random = np.random.default_rng(0)
    bars = bars_at(range(8000))
    close = 100 + random.normal(size=8000).cumsum() / 10
    sizes = {}
    for name, column in {"decimals": close.round(2), "doubles": close}.items():
        store = ParquetBarStore(tmp_path / name)
        store.append(BarFrame(bars.instrument, H1, bars.table.with_columns(close=column)))
        assert np.array_equal(store.read("BTCUSDT", H1).column("close"), column)
        sizes[name] = sum(path.stat().st_size for path in parts_of(store))
    assert sizes["decimals"] < 0.8 * sizes["doubles"]


def test_replaced_parts_and_leftovers_of_the_dead_are_swept(filled):
    folder = filled.series_folder("BTCUSDT", H1)
    (folder / ".manifest.json.dead.tmp").write_text("half")
    (folder / "2020-00000000.parquet").write_text("never named")
    before = set(parts_of(filled))
    filled.append(bars_at(range(10_000, 10_010)))
    names = {path.name for path in folder.iterdir()}
    assert len(names) == 4  # two parts, the manifest, the lock
    assert len(set(parts_of(filled)) - before) == 1


def test_verify_finds_nothing_wrong_in_a_good_store(filled):
    told = []
    found = verify(filled, progress=lambda done, total: told.append((done, total)))
    assert (found.series, found.parts, found.bars, found.problems) == (2, 4, 60_000, ())
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "empty", "swap"])
def test_a_damaged_part_is_never_read_and_verify_names_it(filled, damage):
    part = next(path for path in parts_of(filled) if path.name.startswith("2021-"))
    content = bytearray(part.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        part.write_bytes(content)
    elif damage == "truncate":
        part.write_bytes(content[:-1])
    elif damage == "empty":
        part.write_bytes(b"")
    elif damage == "swap":
        part.write_bytes(next(path for path in parts_of(filled) if path.name.startswith("2020-0")).read_bytes())
    else:
        part.unlink()
    with pytest.raises(StorageError):
        filled.read("BTCUSDT", H1)
    with pytest.raises(StorageError):
        filled.append(bars_at(range(10_000, 10_010)))
    assert len(filled.read("BTCUSDT", H1, end=START + 100 * H1.ms)) == 100  # the year before is whole
    assert [problem.file for problem in verify(filled).problems] == [str(part)]


def test_a_damaged_manifest_is_refused_and_verify_names_it(filled):
    path = filled.series_folder("BTCUSDT", H1) / "manifest.json"
    document = json.loads(path.read_text())
    document["content"]["instrument"]["fee_bps"] = 0.0
    for text in (json.dumps(document), "{", ""):
        path.write_text(text)
        with pytest.raises(StorageError, match="damaged"):
            filled.read("BTCUSDT", H1)
        assert [problem.file for problem in verify(filled).problems] == [str(path)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"open_time": pl.col("open_time") + 1}, "off the grid"),
        ({"high": pl.lit(1.0)}, "10 bars break a rule, the first at 2020-01-01T00:00Z: high 1.0 is below"),
        ({"close": pl.lit(np.nan)}, "close is nan"),
        ({"open_time": pl.col("open_time") + 366 * 24 * H1.ms}, "outside 2020"),
        ({"open_time": pl.col("open_time").reverse()}, "not strictly increasing"),
        ({"bonus": pl.lit(1.0)}, None),
    ],
)
def test_verify_finds_parts_that_hold_what_they_should_not(tmp_path, change, message):
    """Written with right hashes, as a faulty program would."""
    store = ParquetBarStore(tmp_path)
    folder = store.series_folder("BTCUSDT", H1)
    folder.mkdir(parents=True)
    from alphaplus.storage import manifest as manifests

    bars = bars_at(range(10))
    table = bars.table.with_columns(**change)
    part = store._write_part(folder, "2020", table)
    manifests.save(folder, manifests.Manifest(bars.instrument, H1, (), (part,)))
    problems = verify(store).problems
    if message is None:
        assert len(problems) == 0  # a column that nobody asks for is not read
    else:
        assert message in problems[0].message


def test_a_reader_that_meets_a_writer_starts_again(filled, monkeypatch):
    """The manifest is read, then a writer replaces the part: the reader must take the new one."""
    from alphaplus.storage import parquet

    original, met = parquet.read_part, []

    def read_part(folder, part):
        if not met:
            met.append(part)
            ParquetBarStore(filled.folder).append(bars_at(range(10_000, 10_500)))
        return original(folder, part)

    monkeypatch.setattr(parquet, "read_part", read_part)
    store = ParquetBarStore(filled.folder)
    assert len(store.last("BTCUSDT", H1, 10)) == 10
    assert store.read("BTCUSDT", H1).open_time[-1] == START + 10_499 * H1.ms


def append_or_no_space(store, bars) -> bool:
    """Whether an append succeeded; it may fail for want of space only."""
    try:
        store.append(bars)
    except StorageError as error:
        if "No space left" not in error.message:
            raise
        return False
    return True


@pytest.mark.parametrize("failing", ["fsync", "replace", "write"])
def test_a_full_disk_at_any_write_leaves_the_store_as_it_was(filled, monkeypatch, failing):
    before = filled.read("BTCUSDT", H1).table
    more = bars_at(range(9_000, 30_000))
    calls = {"count": 0, "fail_at": 0}

    def broken(original):
        def call(*arguments, **options):
            calls["count"] += 1
            if calls["count"] == calls["fail_at"]:
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(*arguments, **options)

        return call

    targets = {"fsync": (os, "fsync"), "replace": (durable.Path, "replace"), "write": (os, "open")}
    target, name = targets[failing]
    monkeypatch.setattr(target, name, broken(getattr(target, name)))
    for fail_at in range(1, 100):
        calls.update(count=0, fail_at=fail_at)
        if append_or_no_space(filled, more):
            break
        calls["fail_at"] = 0
        now = filled.read("BTCUSDT", H1).table
        assert now.equals(before) or len(now) == 30_000  # after the manifest was renamed it is done
        assert verify(filled).problems == ()
    assert fail_at > 2
    assert filled.read("BTCUSDT", H1).table.equals(bars_at(range(30_000)).table)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "bars").write_text("a file in the way")
    with pytest.raises(StorageError, match="cannot write to"):
        ParquetBarStore(tmp_path / "bars").append(bars_at(range(3)))
