"""Dirty candles of all kinds: every row is accounted for, what is stored is valid, telling again changes nothing."""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.market.quality import Rows, faults
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows.collect import ImportRequest, import_files

HOUR = 3_600_000
START = 1_600_000_000_000 // HOUR * HOUR
NOW = START + 1000 * HOUR
HEADER = "timestamp,open,high,low,close,volume"
BAD_NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "-0",
    "5e-324",
    "x",
    "",
    " ",
    "1_0",
    "0x1",
    "１",
    "\u0660",
    "1e400",
    "é",
]
BAD_PRICES = [*BAD_NUMBERS, "0", "1e13", "1e-13"]
BAD_TIMES = ["", "now", "1e12", "-5", "99", str(START + 1), str(NOW), "9" * 30]
OTHER_UNITS = [str(START // 1000), str(START * 1000)]  # one row of each at most: more of them are a file in two units


@dataclass(frozen=True)
class Dirt:
    """Lines of a file and, for those that are good, what they say: (time, values) or None."""

    lines: tuple[str, ...]
    meanings: tuple[tuple[int, tuple[float, ...]] | None, ...]


@st.composite
def dirty_bars(draw) -> Dirt:
    """Good hourly bars with gaps, duplicates, conflicts and bad rows among them, in any order."""
    price = st.floats(min_value=0.01, max_value=1e6, allow_subnormal=False)
    rows: list[tuple[str, tuple[int, tuple[float, ...]] | None]] = []
    for slot in draw(st.lists(st.integers(0, 400), min_size=20, max_size=40)):
        prices = sorted(draw(st.tuples(price, price, price, price)))
        volume = draw(st.sampled_from([0.0, 1.5, 1e6, 12345.678]))
        values = (prices[1], prices[3], prices[0], prices[2], volume)
        time = START + slot * HOUR
        rows.append((",".join([str(time), *map(repr, values)]), (time, values)))
    for position in draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)):
        rows.append(rows[position])
    rows.extend((_spoilt(draw), None) for _ in range(draw(st.integers(0, 7))))
    rows.extend((f"{time},100,110,90,105,7", None) for time in draw(st.sets(st.sampled_from(OTHER_UNITS))))
    rows = draw(st.permutations(rows))
    return Dirt(tuple(line for line, _ in rows), tuple(meaning for _, meaning in rows))


def _spoilt(draw) -> str:
    fields = [str(START + draw(st.integers(0, 400)) * HOUR), "100.0", "110.0", "90.0", "105.0", "7.0"]
    kind = draw(st.sampled_from(["time", "price", "volume", "high", "low", "short", "long", "noise"]))
    if kind == "time":
        fields[0] = draw(st.sampled_from(BAD_TIMES))
    elif kind == "price":
        fields[draw(st.integers(1, 4))] = draw(st.sampled_from(BAD_PRICES))
    elif kind == "volume":
        fields[5] = draw(st.sampled_from([*BAD_NUMBERS, "1e19"]))
    elif kind == "high":
        fields[2] = "104.9"
    elif kind == "low":
        fields[3] = "100.1"
    elif kind == "short":
        fields = fields[: draw(st.integers(1, 5))]
    elif kind == "long":
        fields.append("8")
    else:
        noise = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=30)
        return "?" + draw(noise)
    return ",".join(fields)


def expected(dirt: Dirt):
    """What should become of the rows, worked out one at a time: the first of a time stays."""
    kept: dict[int, tuple[float, ...]] = {}
    duplicates = conflicts = bad = 0
    for meaning in dirt.meanings:
        if meaning is None:
            bad += 1
        elif meaning[0] not in kept:
            kept[meaning[0]] = meaning[1]
        elif kept[meaning[0]] == meaning[1]:
            duplicates += 1
        else:
            conflicts += 1
    return kept, duplicates, conflicts, bad


def deliver(lines, folder: Path, store):
    path = folder / "BTCUSDT-1h.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    request = ImportRequest(files=(path,), timeframe=Timeframe.H1)
    return import_files(request, store, now=NOW)[0].report


def content(store):
    table = store.read("BTCUSDT", Timeframe.H1).table
    return {row[0]: row[1:] for row in table.rows()}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(dirt=dirty_bars(), cut=st.floats(0.2, 0.8), parquet=st.sampled_from([True, *[False] * 9]))
def test_every_row_is_accounted_for_and_telling_again_changes_nothing(tmp_path_factory, dirt, cut, parquet):
    folder = tmp_path_factory.mktemp("dirty")
    store = ParquetBarStore(folder / "bars") if parquet else MemoryBarStore()
    report = deliver(dirt.lines, folder, store)
    kept, duplicates, conflicts, bad = expected(dirt)

    assert report.stored + report.duplicates + report.quarantined_count == report.rows == len(dirt.lines)
    assert (report.stored, report.duplicates, report.conflicts) == (len(kept), duplicates, conflicts)
    assert report.quarantined_count == bad + conflicts == len(report.quarantined)
    assert {refused.line for refused in report.quarantined} <= set(range(2, len(dirt.lines) + 2))
    assert content(store) == kept

    bars = store.read("BTCUSDT", Timeframe.H1)
    values = {name: bars.column(name) for name in bars.table.columns if name != "open_time"}
    assert not faults(Rows(bars.open_time, values), Timeframe.H1, now=NOW).any()
    assert all(math.isfinite(value) for row in kept.values() for value in row)

    again = deliver(dirt.lines, folder, store)
    assert (again.stored, again.quarantined_count) == (0, report.quarantined_count)
    assert content(store) == kept

    # The same rows in two batches, the second delivered twice: the same end.
    half = int(len(dirt.lines) * cut)
    batched = MemoryBarStore()
    for batch in (dirt.lines[:half], dirt.lines[half:], dirt.lines[half:]):
        try:
            deliver(batch, folder, batched)
        except BadBars:  # a batch without a single good row is refused as a file
            assert all(meaning is None for meaning in dirt.meanings[:half]) or all(
                meaning is None for meaning in dirt.meanings[half:]
            )
    assert content(batched) == kept


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(dirt=dirty_bars(), data=st.data())
def test_without_conflicts_the_order_of_rows_does_not_matter(tmp_path_factory, dirt, data):
    folder = tmp_path_factory.mktemp("dirty")
    kept, *_ = expected(dirt)
    agreeing = [
        line
        for line, meaning in zip(dirt.lines, dirt.meanings, strict=True)
        if meaning is None or kept[meaning[0]] == meaning[1]
    ]
    store = MemoryBarStore()
    deliver(data.draw(st.permutations(agreeing)), folder, store)
    assert content(store) == kept


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(dirt=dirty_bars())
def test_every_row_is_accounted_for_in_many_files(tmp_path_factory, dirt):
    folder = tmp_path_factory.getbasetemp()
    store = MemoryBarStore()
    report = deliver(dirt.lines, folder, store)
    kept, duplicates, conflicts, bad = expected(dirt)
    assert (report.stored, report.duplicates, report.quarantined_count) == (len(kept), duplicates, bad + conflicts)
    assert content(store) == kept
