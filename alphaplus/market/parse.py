"""Blocks of lines to columns of numbers: all lines at once, the refused ones looked at again one by one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, SIDE_COLUMNS, Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.market.files import Block
from alphaplus.market.layouts import Layout
from alphaplus.market.quality import EARLIEST, Fault, Rows, describe, faults
from alphaplus.market.stamps import looks_like, out_of_range, parse_dates, to_ms, units_of
from alphaplus.market.units import Units

SURPLUS = "surplus"
TEXT = 200  # characters of a refused line that are kept


@dataclass(frozen=True, slots=True)
class Stamps:
    """How the times of one text are written: numbers in a unit, or dates, with `utc` those without a zone as well."""

    unit: str | None
    utc: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A block as columns: rows (n,), the line, fault and time unit of each (n,), and the block for a second look.

    Units are positions in UNITS, -1 for a date and for what is no time.
    """

    rows: Rows
    line: NDArray[np.int64]
    fault: NDArray[np.int8]
    unit: NDArray[np.int8]
    block: Block
    texts: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused row."""

    line: int
    reason: str
    text: str


def parse(block: Block, layout: Layout, stamps: Stamps, *, timeframe: Timeframe, now: int) -> Parsed:
    """Read the rows of a block; blank lines are no rows, and everything else is a row, if only a refused one."""
    texts = fields(block.data, layout)
    line = block.line + np.arange(texts.height, dtype=np.int64)
    unusable = texts.select(pl.any_horizontal(pl.col("open_time", *PRICES, "volume").is_null())).to_series().to_numpy()
    if unusable.any():
        keep = ~blank(block.data, unusable)
        texts, line = texts.filter(pl.Series(keep)), line[keep]
    times, time_fault, unit = _times(texts["open_time"], stamps)
    values, number_fault = _numbers(texts)
    rows = Rows(times, values)
    found = faults(rows, timeframe, now=now)
    surplus = texts[SURPLUS].is_not_null().to_numpy()
    for wrong, fault in ((number_fault, Fault.NUMBER), (time_fault, Fault.TIME), (surplus, Fault.FIELDS)):
        found[wrong] = fault
    return Parsed(rows, line, found, unit, block, texts)


def explain(parsed: Parsed, layout: Layout, stamps: Stamps, *, timeframe: Timeframe, now: int) -> Iterator[Refused]:
    """Say of each refused row where it stood, why it was refused and what it said."""
    positions = np.flatnonzero(parsed.fault)
    if not len(positions):
        return
    lines = parsed.block.data.split(b"\n")
    for position in positions.tolist():
        line = int(parsed.line[position])
        text = lines[line - parsed.block.line].decode("utf-8", "replace").rstrip("\r")
        fault = Fault(int(parsed.fault[position]))
        texts = parsed.texts.row(position, named=True)
        time = int(parsed.rows.open_time[position])
        if fault is Fault.FIELDS:
            reason = f"{text.count(',') + 1} fields, expected {layout.width}"
        elif fault is Fault.TIME:
            reason = _time_reason(texts["open_time"], stamps)
        elif fault is Fault.NUMBER:
            reason = _number_reason(texts, parsed.rows, position)
        elif fault is Fault.TIME_RANGE:
            number = int((texts["open_time"] or "0").split(".")[0]) if stamps.unit is not None else None
            reason = out_of_range(time, number=number, unit=stamps.unit)
        else:
            row = {name: float(column[position]) for name, column in parsed.rows.values.items()}
            reason = describe(fault, time, row, timeframe=timeframe, now=now)
        yield Refused(line, reason, text[:TEXT])


def stamps_of(block: Block, layout: Layout, *, name: str, utc: bool) -> Stamps:
    """Find out how the times of a text are written, from its first block.

    Raises BadBars when most of its numbers are no times in the unit that the layout or the caller says, naming the
    unit that they look like, when they are in two units, and when its dates have no zone and `utc` does not say that
    they are UTC.
    """
    texts = fields(block.data, layout)["open_time"]
    line = block.line + np.flatnonzero(texts.is_not_null().to_numpy())
    texts = texts.drop_nulls()
    numbers = _whole_numbers(texts)
    line = line[numbers.is_not_null().to_numpy()]
    numbers = numbers.drop_nulls()
    if len(numbers) * 2 >= len(texts):
        units = Units()
        units.add(units_of(numbers.to_numpy()), line)
        units.check(name)
        return Stamps(_unit(numbers, layout, name), utc)
    _, dates, zoned = parse_dates(texts)
    if dates.sum() * 2 < len(texts):
        raise BadBars(
            f"{name} line {layout.first_line}: {texts[0][:TEXT]!r} is no time, expected a number or a date such as "
            "2024-01-31T23:00:00Z",
            hint="if another column holds the time: --columns open_time=NAME",
            file=name,
            line=layout.first_line,
        )
    if not utc and zoned[dates].sum() * 2 < dates.sum():
        raise BadBars(
            f"{name} line {layout.first_line}: {texts[0][:TEXT]!r} has no time zone",
            hint="if it is UTC, say --utc; else convert it",
            file=name,
            line=layout.first_line,
        )
    return Stamps(None, utc)


def _unit(numbers: pl.Series, layout: Layout, name: str) -> str:
    middle = int(numbers.sort()[len(numbers) // 2])
    like = looks_like(middle)
    expected = ("ms", "us") if layout.unit is None else (layout.unit,)
    if like is not None and like in expected:
        return like
    if like is not None:
        raise BadBars(
            f"{name} line {layout.first_line}: times such as {middle} look like {like}, "
            f"expected {' or '.join(expected)}",
            hint=f"if they are, say --time-unit {like}",
            file=name,
            line=layout.first_line,
        )
    raise BadBars(
        f"{name} line {layout.first_line}: times such as {middle} are no times between 1990 and 2100 in any unit",
        hint="check that the columns are what the header says",
        file=name,
        line=layout.first_line,
    )


def fields(data: bytes, layout: Layout) -> pl.DataFrame:
    """Cut lines into fields: a column of text for each of ours, null where empty, and one for fields too many."""
    names = [f"field_{n}" for n in range(layout.width)] + [SURPLUS]
    if not data.isascii():
        data = data.decode("utf-8", "replace").encode()
    first = b"x" + b",x" * layout.width + b"\n"  # makes every column known to the reader, whatever the first line says
    table = pl.read_csv(
        first + data,
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        quote_char=None,
        truncate_ragged_lines=True,
        empty_string_is_null=True,
    )
    chosen = [pl.col(names[position]).alias(ours) for ours, position in layout.columns.items()]
    table = table[1:].select(*chosen, SURPLUS)
    if b'"' in data or b" " in data:
        trimmed = pl.all().str.strip_chars(" ").str.replace('^"(.*)"$', "${1}").str.strip_chars(" ")
        table = table.with_columns(trimmed).with_columns(pl.all().replace("", None))
    return table


def blank(data: bytes, suspects: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which lines (n,) hold nothing at all."""
    blank = np.zeros(len(suspects), dtype=bool)
    lines = data.split(b"\n")
    for position in np.flatnonzero(suspects).tolist():
        blank[position] = not lines[position].strip()
    return blank


def _whole_numbers(texts: pl.Series) -> pl.Series:
    numbers = texts.cast(pl.Int64, strict=False)
    if numbers.null_count() > texts.null_count():
        numbers = texts.str.replace(r"^(\d+)\.0*$", "${1}").cast(pl.Int64, strict=False)
    return numbers


def _times(texts: pl.Series, stamps: Stamps) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int8]]:
    """Times (n,) in ms, which of them are none, and the unit of each."""
    if stamps.unit is None:
        times, known, zoned = parse_dates(texts)
        return times, ~(known & (zoned | stamps.utc)), np.full(len(texts), -1, dtype=np.int8)
    numbers = _whole_numbers(texts)
    missing = numbers.is_null().to_numpy()
    whole = numbers.fill_null(0).to_numpy()
    return np.where(missing, EARLIEST, to_ms(whole, stamps.unit)), missing, units_of(whole)


def _numbers(texts: pl.DataFrame) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_]]:
    """Columns of float64 (n,), and the rows (n,) that hold something else; an empty side value is NaN."""
    wrong = np.zeros(texts.height, dtype=bool)
    values = {}
    for name in texts.columns:
        if name not in ("open_time", SURPLUS):
            numbers = texts[name].cast(pl.Float64, strict=False)
            unread = numbers.is_null()
            wrong |= (unread & texts[name].is_not_null() if name in SIDE_COLUMNS else unread).to_numpy()
            values[name] = numbers.fill_null(np.nan).to_numpy()
    return values, wrong


def _time_reason(text: str | None, stamps: Stamps) -> str:
    if text is None:
        return "the time is missing"
    if stamps.unit is None:
        return f"time {text[:TEXT]!r} is no date with a time zone" + (" or in UTC" if stamps.utc else "")
    return f"time {text[:TEXT]!r} is no whole number of {stamps.unit}"


def _number_reason(texts: dict[str, str | None], rows: Rows, position: int) -> str:
    for name, column in rows.values.items():
        text = texts[name]
        if np.isnan(column[position]) and not (name in SIDE_COLUMNS and text is None):
            return f"{name} is missing" if text is None else f"{name} {text[:40]!r} is not a number"
    raise AssertionError("a row was refused for a number that is fine")
