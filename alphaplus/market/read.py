"""Reading files of candles: every layout we know, row by row accounted for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.core.records import ImportReport, QuarantinedRow
from alphaplus.market.files import Block, Text, lines_of, open_texts
from alphaplus.market.layouts import detect
from alphaplus.market.order import Ordered, count_out_of_order, gaps, order
from alphaplus.market.parse import Parsed, explain, parse, stamps_of
from alphaplus.market.quality import Fault, Rows, iso_time
from alphaplus.market.suspicion import check_spacing, check_text
from alphaplus.market.symbols import check_symbol

MAX_ROWS = 5_000_000
KEPT_ROWS = 1000  # refused rows that a report shows; all are counted
_HEAD = 20  # lines in which a header must stand


@dataclass(frozen=True, slots=True)
class Intake:
    """Bars that were read, and where each stood: index into the report's files, and line, (n,) each."""

    bars: BarFrame
    report: ImportReport
    file: NDArray[np.int32]
    line: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Part:
    """Good rows of one block, their file and their lines (n,)."""

    rows: Rows
    file: int
    line: NDArray[np.int32]


@dataclass(slots=True)
class _Reading:
    """What has been read so far, of all files together."""

    timeframe: Timeframe
    now: int
    columns: Mapping[str, str] | None
    time_unit: str | None
    utc: bool
    names: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    rows: int = 0
    refused: int = 0
    out_of_order: int = 0
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)


def read_bars(
    paths: Sequence[Path],
    *,
    symbol: str,
    timeframe: Timeframe,
    now: int,
    columns: Mapping[str, str] | None = None,
    time_unit: str | None = None,
    utc: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BarFrame:
    """Read files of candles into bars; `.report` accounts for every row: stored + duplicates + quarantined = rows.

    Layouts are recognised: Binance's 12 columns with or without a header, in milliseconds or microseconds, and CSV
    with a header, whose columns `columns` may map ({"open_time": "Unix"}). Files may be gzip or zip. Times are in
    `time_unit` (s, ms, us, ns; ms unless the layout says otherwise) or dates with a zone, without one when `utc`.
    Rows that break a rule are refused and named in the report; nothing is repaired. `now` (ms UTC) decides which bars
    are closed. `progress(done, total)` counts bytes.

    Raises SourceUnavailable when a file cannot be read, BadBars when it is not what it is said to be.
    """
    return read_intake(
        paths,
        symbol=symbol,
        timeframe=timeframe,
        now=now,
        columns=columns,
        time_unit=time_unit,
        utc=utc,
        progress=progress,
    ).bars


def read_intake(
    paths: Sequence[Path],
    *,
    symbol: str,
    timeframe: Timeframe,
    now: int,
    columns: Mapping[str, str] | None = None,
    time_unit: str | None = None,
    utc: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Intake:
    """Read files as `read_bars` does, and tell where every bar stood."""
    paths = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if not paths:
        raise ConfigError("no file to read was named", hint="name at least one")
    instrument = Instrument(check_symbol(symbol))
    reading = _Reading(timeframe, now, columns, time_unit, utc)
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    for position, path in enumerate(paths):
        before = sum(sizes[:position])

        def told(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(sizes))

        for text in open_texts(path, progress=told):
            _read_text(text, reading)
    return _intake(instrument, reading)


def _read_text(text: Text, reading: _Reading) -> None:
    """Add the rows of one text to the reading."""
    first = next(text.blocks, None)
    if first is None:
        raise BadBars(f"{text.name} is empty", hint="download or export it again", file=text.name)
    layout = detect(
        lines_of(first, _HEAD),
        text.name,
        first_line=first.line,
        columns=reading.columns,
        time_unit=reading.time_unit,
    )
    blocks = _from_line(chain((first,), text.blocks), layout.first_line)
    first = next(blocks, None)
    if first is None:
        raise BadBars(f"{text.name} has a header and no rows", hint="download or export it again", file=text.name)
    stamps = stamps_of(first, layout, name=text.name, utc=reading.utc)
    counts = np.zeros(len(Fault), dtype=np.int64)
    times: list[NDArray[np.int64]] = []
    example: QuarantinedRow | None = None
    for block in chain((first,), blocks):
        parsed = parse(block, layout, stamps, timeframe=reading.timeframe, now=reading.now)
        counts += np.bincount(parsed.fault, minlength=len(Fault))
        if counts.sum() > MAX_ROWS:
            raise BadBars(
                f"{text.name} has more than {MAX_ROWS:,} rows", hint="split it and import the pieces", file=text.name
            )
        room = max(KEPT_ROWS - len(reading.quarantined), int(example is None))
        if room and parsed.fault.any():
            refused = explain(parsed, layout, stamps, timeframe=reading.timeframe, now=reading.now)
            rows = [QuarantinedRow(text.name, row.line, row.reason, row.text) for row in islice(refused, room)]
            example = example or rows[0]
            reading.quarantined.extend(rows[: KEPT_ROWS - len(reading.quarantined)])
        times.append(_keep(parsed, len(reading.names), reading))
    check_text(text.name, counts, example, timeframe=reading.timeframe)
    kept = np.concatenate(times)
    check_spacing(text.name, kept, reading.timeframe)
    reading.names.append(text.name)
    reading.layouts.append(layout.name)
    reading.rows += int(counts.sum())
    reading.refused += int(counts.sum() - counts[Fault.NONE])
    reading.out_of_order += count_out_of_order(kept)


def _from_line(blocks: Iterator[Block], first_line: int) -> Iterator[Block]:
    """Leave out the lines before `first_line`, which stand in the first block."""
    for block in blocks:
        data = block.data
        if block.line < first_line:
            start = 0
            for _ in range(first_line - block.line):
                start = data.find(b"\n", start) + 1 or len(data)
            data = data[start:]
        if data.strip():
            yield Block(max(block.line, first_line), data)


def _keep(parsed: Parsed, file: int, reading: _Reading) -> NDArray[np.int64]:
    """Add the good rows of a block to the reading; gives their times."""
    rows, line = parsed.rows, parsed.line.astype(np.int32)
    good = parsed.fault == Fault.NONE
    if not good.all():
        rows = Rows(rows.open_time[good], {name: column[good] for name, column in rows.values.items()})
        line = line[good]
    reading.parts.append(_Part(rows, file, line))
    return rows.open_time


def _intake(instrument: Instrument, reading: _Reading) -> Intake:
    """Order what was read into one series and account for it."""
    parts = reading.parts
    sides = [name for name in SIDE_COLUMNS if any(name in part.rows.values for part in parts)]
    times = np.concatenate([part.rows.open_time for part in parts])
    line = np.concatenate([part.line for part in parts])
    file = np.repeat(np.array([part.file for part in parts], dtype=np.int32), [len(part.line) for part in parts])
    values = {}
    for name in (*PRICES, "volume", *sides):
        columns = [part.rows.values.pop(name, None) for part in parts]  # each is freed as soon as it is joined
        known = [np.full(len(p.line), np.nan) if c is None else c for p, c in zip(parts, columns, strict=True)]
        values[name] = np.concatenate(known)
    parts.clear()
    rows = Rows(times, values)
    ordered = order(rows)
    reading.quarantined.extend(_conflicts(rows, ordered, reading, file=file, line=line))
    table = pl.DataFrame({"open_time": ordered.rows.open_time, **ordered.rows.values})
    kept = ordered.rows.open_time
    report = ImportReport(
        files=tuple(reading.names),
        layout=" + ".join(dict.fromkeys(reading.layouts)),
        rows=reading.rows,
        stored=len(kept),
        duplicates=ordered.duplicates,
        conflicts=len(ordered.conflicts),
        quarantined=tuple(reading.quarantined),
        quarantined_count=reading.refused + len(ordered.conflicts),
        gaps=gaps(kept, reading.timeframe),
        zero_volume=int((ordered.rows.values["volume"] == 0.0).sum()),
        out_of_order=reading.out_of_order,
        first=int(kept[0]),
        last=int(kept[-1]),
    )
    bars = BarFrame(instrument, reading.timeframe, table, report=report)
    return Intake(bars, report, file[ordered.kept], line[ordered.kept])


def _conflicts(
    rows: Rows, ordered: Ordered, reading: _Reading, *, file: NDArray[np.int32], line: NDArray[np.int32]
) -> Iterator[QuarantinedRow]:
    """Name the rows that contradict an earlier one of the same time, as far as the report has room."""
    for position in ordered.conflicts[: KEPT_ROWS - len(reading.quarantined)].tolist():
        time = int(rows.open_time[position])
        place = int(np.searchsorted(ordered.rows.open_time, time))
        first = int(ordered.kept[place])
        found = {name: float(column[position]) for name, column in rows.values.items()}
        before = {name: float(column[place]) for name, column in ordered.rows.values.items()}
        yield QuarantinedRow(
            reading.names[file[position]],
            int(line[position]),
            f"time {iso_time(time)} is known with other values: {difference(found, before)} "
            f"in line {line[first]} of {reading.names[file[first]]}, which stays",
            ",".join([str(time), *(repr(value) for value in found.values())]),
        )


def difference(found: Mapping[str, float], before: Mapping[str, float]) -> str:
    """Say in which column two bars of one time contradict each other first: `close is 1.0, 2.0`."""
    for name, value in found.items():
        known = before.get(name, np.nan)
        if value != known and not (np.isnan(value) or np.isnan(known)):
            return f"{name} is {value!r} here and {known!r}"
    return "the values are equal here and"
