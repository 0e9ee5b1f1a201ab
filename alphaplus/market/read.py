"""Reading files of candles: every layout we know, row by row accounted for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.core.records import QuarantinedRow
from alphaplus.market.account import KEPT_ROWS, Account, Intake, settle
from alphaplus.market.files import Text, from_line, lines_of, open_texts
from alphaplus.market.layouts import detect
from alphaplus.market.names import check_name
from alphaplus.market.order import count_out_of_order
from alphaplus.market.parse import Parsed, explain, parse, stamps_of
from alphaplus.market.printable import printable
from alphaplus.market.quality import Fault, Rows
from alphaplus.market.suspicion import check_spacing, check_text
from alphaplus.market.symbols import check_symbol
from alphaplus.market.units import Units

MAX_ROWS = 5_000_000
_HEAD = 20  # lines in which a header must stand


@dataclass(frozen=True, slots=True)
class _Part:
    """Good rows of one block, their file and their lines (n,)."""

    rows: Rows
    file: int
    line: NDArray[np.int32]


@dataclass(slots=True)
class _Reading:
    """What has been read so far, of all files together."""

    symbol: str
    timeframe: Timeframe
    now: int
    columns: Mapping[str, str] | None
    time_unit: str | None
    utc: bool
    account: Account = field(default_factory=Account)
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

    Raises SourceUnavailable when a file cannot be read, BadBars when it is not what it is said to be, or its name says
    another symbol or timeframe.
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
    reading = _Reading(instrument.symbol, timeframe, now, columns, time_unit, utc)
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    for position, path in enumerate(paths):
        before = sum(sizes[:position])
        check_name(path.name, printable(str(path)), symbol=instrument.symbol, timeframe=timeframe)

        def told(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(sizes))

        for text in open_texts(path, progress=told):
            _read_text(text, reading)
    return _intake(instrument, reading)


def _read_text(text: Text, reading: _Reading) -> None:
    """Add the rows of one text to the reading."""
    account, units = reading.account, Units()
    check_name(text.title, text.name, symbol=reading.symbol, timeframe=reading.timeframe)
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
    blocks = from_line(chain((first,), text.blocks), layout.first_line)
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
        units.add(parsed.unit, parsed.line)
        if counts.sum() > MAX_ROWS:
            raise BadBars(
                f"{text.name} has more than {MAX_ROWS:,} rows", hint="split it and import the pieces", file=text.name
            )
        room = max(KEPT_ROWS - len(account.quarantined), int(example is None))
        if room and parsed.fault.any():
            refused = explain(parsed, layout, stamps, timeframe=reading.timeframe, now=reading.now)
            rows = [QuarantinedRow(text.name, row.line, row.reason, row.text) for row in islice(refused, room)]
            example = example or rows[0]
            account.quarantined.extend(rows[: KEPT_ROWS - len(account.quarantined)])
        times.append(_keep(parsed, len(account.names), reading))
    units.check(text.name)
    check_text(text.name, counts, example, timeframe=reading.timeframe)
    kept = np.concatenate(times)
    check_spacing(text.name, kept, reading.timeframe)
    account.names.append(text.name)
    account.layouts.append(layout.name)
    account.rows += int(counts.sum())
    account.refused += int(counts.sum() - counts[Fault.NONE])
    account.out_of_order += count_out_of_order(kept)


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
    """Join what was read into one series and account for it."""
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
    return settle(
        instrument, reading.timeframe, rows=Rows(times, values), file=file, line=line, account=reading.account
    )
