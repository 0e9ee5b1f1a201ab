"""Tables into bars: Polars, pandas, Arrow or a dict of arrays, held to the same rules as files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.core.records import QuarantinedRow
from alphaplus.market.account import KEPT_ROWS, Account, settle
from alphaplus.market.layouts import columns_by_name, normal_name
from alphaplus.market.order import count_out_of_order
from alphaplus.market.printable import printable
from alphaplus.market.quality import EARLIEST, Fault, Rows, describe, faults
from alphaplus.market.stamps import looks_like, out_of_range, units_of
from alphaplus.market.suspicion import check_spacing, check_text
from alphaplus.market.symbols import check_symbol
from alphaplus.market.units import Units

_NAME, _PLACE = "the table", "row"  # what messages call it, and a place in it
_INDEX = "__index_level_0__"  # what pandas calls an index without a name
_EXACT = 2**53  # beyond it a float leaves out whole numbers


@dataclass(frozen=True, slots=True)
class _Times:
    """Times (n,) in ms, and which of them are known; `whole` says whether they were given as numbers."""

    ms: NDArray[np.int64]
    known: NDArray[np.bool_]
    whole: bool


def bars_from_table(
    table: object, *, symbol: str, timeframe: Timeframe, now: int | None = None, utc: bool = False
) -> BarFrame:
    """Make bars of a table with columns of time, open, high, low, close, volume and any side columns.

    `table` is a Polars or pandas frame, an Arrow table, anything else with the Arrow C stream interface, or a mapping
    of names to arrays. Times are whole numbers of milliseconds UTC, or datetimes with a zone, without one when `utc`;
    a pandas index of datetimes will do. Other columns are left out. `now` (ms UTC) decides which bars are closed; None
    takes all for closed.

    `.report` accounts for every row as that of an import does: rows that break a rule are refused with their reason,
    `line` being the position of the row from 0; nothing is repaired.

    Raises BadBars when the table as a whole is not what it is said to be: columns or zones are missing, no row is
    usable, or most are wrong in one way.
    """
    instrument = Instrument(check_symbol(symbol))
    frame = _frame(table)
    chosen = _chosen(frame)
    if not frame.height:
        raise BadBars("the table has no rows", hint="give at least one bar")
    stamps = chosen.pop("open_time")
    times = _times(stamps, utc=utc)
    rows = Rows(times.ms, {name: _numbers(name, column) for name, column in chosen.items()})
    fault = faults(rows, timeframe, now=now)
    for name in (*PRICES, "volume"):
        fault[chosen[name].is_null().to_numpy()] = Fault.NUMBER
    fault[~times.known] = Fault.TIME
    account = Account(_PLACE, names=[_NAME], layouts=["table"], rows=len(rows), refused=int((fault > 0).sum()))
    refused = _refused(fault, rows, stamps, times, timeframe=timeframe, now=now)
    account.quarantined.extend(islice(refused, KEPT_ROWS))
    counts = np.bincount(fault, minlength=len(Fault))
    check_text(_NAME, counts, next(iter(account.quarantined), None), timeframe=timeframe, place=_PLACE)
    good = np.flatnonzero(fault == Fault.NONE)
    kept = Rows(times.ms[good], _in_order({name: column[good] for name, column in rows.values.items()}))
    check_spacing(_NAME, kept.open_time, timeframe)
    account.out_of_order = count_out_of_order(kept.open_time)
    file = np.zeros(len(good), dtype=np.int32)
    return settle(instrument, timeframe, rows=kept, file=file, line=good.astype(np.int32), account=account).bars


def _in_order(values: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    return {name: values[name] for name in (*PRICES, "volume", *SIDE_COLUMNS) if name in values}


def _chosen(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Our columns of a table, found by their names."""
    header = [normal_name(name) for name in frame.columns]
    if _INDEX in frame.columns and "open_time" not in columns_by_name(header):
        header[frame.columns.index(_INDEX)] = "unix"
    found = columns_by_name(header)
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise BadBars(f"the table names the column {doubled[0]!r} more than once", hint="rename or remove one of them")
    absent = [name for name in ("open_time", *PRICES, "volume") if name not in found]
    if absent:
        names = printable(", ".join(frame.columns)[:200]) or "none"
        raise BadBars(
            f"the table has no column for {', '.join(absent)}; it has {names}",
            hint="rename its columns to open_time, open, high, low, close, volume",
        )
    return {name: frame.to_series(position) for name, position in found.items()}


def _frame(table: object) -> pl.DataFrame:
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if isinstance(table, Mapping):
        arrays: dict[str, Any] = {str(name): np.asarray(column) for name, column in table.items()}
        lengths = {name: len(column) for name, column in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise BadBars(f"the arrays differ in length: {lengths}", hint="give one value a bar in each")
        return pl.DataFrame(arrays)
    if hasattr(table, "__arrow_c_stream__"):
        import pyarrow as pa

        # By way of Arrow itself: Polars would know a pandas frame by its name and leave out its index.
        return pl.DataFrame(pa.RecordBatchReader.from_stream(table).read_all())
    raise BadBars(
        f"cannot make bars of a {type(table).__name__}",
        hint="give a Polars or pandas frame, an Arrow table or a dict of arrays",
    )


def _times(column: pl.Series, *, utc: bool) -> _Times:
    known = column.is_not_null().to_numpy()
    if isinstance(column.dtype, pl.Datetime | pl.Date):
        zoned = isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None
        if not zoned and not utc:
            raise BadBars(
                f"the table's times have no time zone, such as {column.drop_nulls()[0] if known.any() else None}",
                hint="if they are UTC, say utc=True; else give them their zone",
            )
        return _Times(_milliseconds(column), known, whole=False)
    if not (column.dtype.is_integer() or column.dtype.is_float() or column.dtype == pl.Null):
        raise BadBars(
            f"times are {column.dtype}, expected whole numbers of milliseconds or datetimes",
            hint="convert the column first",
        )
    numbers = column
    if column.dtype.is_float():  # what pandas makes of whole numbers as soon as one is missing
        whole = column.is_finite() & (column == column.floor()) & (column.abs() < _EXACT)
        numbers = pl.select(pl.when(whole).then(column)).to_series()
    numbers = numbers.cast(pl.Int64, strict=False)
    known = numbers.is_not_null().to_numpy()
    positions = np.flatnonzero(known)
    values = numbers.drop_nulls().to_numpy()
    units = Units()
    units.add(units_of(values), positions)
    units.check(_NAME, place=_PLACE)
    middle = int(np.sort(values)[len(values) // 2]) if len(values) else None
    like = None if middle is None else looks_like(middle)
    if like not in (None, "ms"):
        raise BadBars(
            f"times such as {middle} look like {like}, expected milliseconds",
            hint="convert them, or give datetimes",
        )
    return _Times(numbers.fill_null(EARLIEST).to_numpy(), known, whole=True)


def _milliseconds(column: pl.Series) -> NDArray[np.int64]:
    """Datetimes in ms; those between milliseconds are put 1 ms off, which no grid of bars takes."""
    unit = column.dtype.time_unit if isinstance(column.dtype, pl.Datetime) else None
    if unit is None:
        return column.cast(pl.Datetime("ms")).dt.epoch("ms").fill_null(EARLIEST).to_numpy()
    divisor = {"ms": 1, "us": 1_000, "ns": 1_000_000}[unit]
    exact = column.to_physical().fill_null(EARLIEST * divisor).to_numpy()
    whole = exact // divisor
    return np.where(exact == whole * divisor, whole, whole + (whole % 1000 == 0)).astype(np.int64)


def _numbers(name: str, column: pl.Series) -> NDArray[np.float64]:
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        raise BadBars(f"column {name} is {column.dtype}, expected numbers", hint="convert the column first")
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _refused(
    fault: NDArray[np.int8],
    rows: Rows,
    stamps: pl.Series,
    times: _Times,
    *,
    timeframe: Timeframe,
    now: int | None,
) -> Iterator[QuarantinedRow]:
    """Say of each refused row where it stood, why it was refused and what it said."""
    for position in np.flatnonzero(fault).tolist():
        given, time = stamps[position], int(times.ms[position])
        row = {name: float(column[position]) for name, column in rows.values.items()}
        found = Fault(int(fault[position]))
        if found is Fault.TIME:
            reason = "the time is missing" if given is None else f"time {given!r} is no whole number of ms"
        elif found is Fault.NUMBER:
            reason = f"{next(name for name in (*PRICES, 'volume') if np.isnan(row[name]))} is missing"
        elif found is Fault.TIME_RANGE:
            reason = out_of_range(time, number=time if times.whole else None, unit="ms")
        else:
            reason = describe(found, time, row, timeframe=timeframe, now=now)
        yield QuarantinedRow(
            _NAME, position, reason, ",".join(["" if given is None else str(given), *map(repr, row.values())])
        )
