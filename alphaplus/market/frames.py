"""Tables into bars: Polars, pandas, Arrow or a dict of arrays, held to the same rules as files."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.market.layouts import columns_by_name, normal_name
from alphaplus.market.order import order
from alphaplus.market.quality import Fault, Rows, describe, faults, iso_time
from alphaplus.market.stamps import looks_like
from alphaplus.market.symbols import check_symbol

_SHOWN = 3
_INDEX = "__index_level_0__"  # what pandas calls an index without a name


def bars_from_table(table: object, *, symbol: str, timeframe: Timeframe) -> BarFrame:
    """Make bars of a table with columns of time, open, high, low, close, volume and any side columns.

    `table` is a Polars or pandas frame, an Arrow table, anything else with the Arrow C stream interface, or a mapping
    of names to arrays. Times are integers in milliseconds UTC, or datetimes, those without a zone being UTC; a pandas
    index of datetimes will do. Rows are sorted and equal ones merged; other columns are left out.

    Raises BadBars naming the first rows that break a rule, or what the table lacks.
    """
    instrument = Instrument(check_symbol(symbol))
    frame = _frame(table)
    header = [normal_name(name) for name in frame.columns]
    if _INDEX in frame.columns:
        header[frame.columns.index(_INDEX)] = "unix"
    found = columns_by_name(header)
    absent = [name for name in ("open_time", *PRICES, "volume") if name not in found]
    if absent:
        raise BadBars(
            f"the table has no column for {', '.join(absent)}; it has {', '.join(frame.columns)[:200]}",
            hint="rename its columns to open_time, open, high, low, close, volume",
        )
    chosen = {name: frame.to_series(position) for name, position in found.items()}
    times = _times(chosen.pop("open_time"))
    rows = Rows(times, {name: _numbers(name, column) for name, column in chosen.items()})
    _refuse(rows, timeframe)
    ordered = order(rows)
    if len(ordered.conflicts):
        first = int(ordered.conflicts[0])
        raise BadBars(
            f"{len(ordered.conflicts)} rows repeat a time with other values, the first row {first}: "
            f"time {iso_time(int(times[first]))}",
            hint="keep one row for every time",
        )
    sides = [name for name in SIDE_COLUMNS if name in ordered.rows.values]
    values = {name: ordered.rows.values[name] for name in (*PRICES, "volume", *sides)}
    return BarFrame(instrument, timeframe, pl.DataFrame({"open_time": ordered.rows.open_time, **values}))


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


def _times(column: pl.Series) -> NDArray[np.int64]:
    if column.null_count():
        raise BadBars(f"{column.null_count()} rows have no time, the first row {column.is_null().arg_max()}")
    if isinstance(column.dtype, pl.Datetime):
        # Nanoseconds become milliseconds: what they cut off is put back as 1 ms, which no grid of bars takes.
        whole = column.dt.epoch("ms").to_numpy()
        exact = column.dt.cast_time_unit("ns").dt.epoch("ns").to_numpy() == whole * 1_000_000
        return np.where(exact, whole, whole + (whole % 1000 == 0)).astype(np.int64)
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("ms")).dt.epoch("ms").to_numpy()
    if not column.dtype.is_integer():
        raise BadBars(
            f"times are {column.dtype}, expected integers in milliseconds or datetimes",
            hint="convert the column first",
        )
    times = column.cast(pl.Int64).to_numpy()
    like = looks_like(int(np.median(times))) if len(times) else None
    if like not in (None, "ms"):
        raise BadBars(
            f"times such as {int(times[0])} look like {like}, expected milliseconds",
            hint="convert them, or give datetimes",
        )
    return times


def _numbers(name: str, column: pl.Series) -> NDArray[np.float64]:
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        raise BadBars(f"column {name} is {column.dtype}, expected numbers", hint="convert the column first")
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _refuse(rows: Rows, timeframe: Timeframe) -> None:
    found = faults(rows, timeframe, now=None)
    wrong = np.flatnonzero(found)
    if not len(wrong):
        return
    reasons = []
    for position in wrong[:_SHOWN].tolist():
        row = {name: float(column[position]) for name, column in rows.values.items()}
        time = int(rows.open_time[position])
        fault = Fault(int(found[position]))
        reasons.append(f"row {position}: {describe(fault, time, row, timeframe=timeframe, now=None)}")
    raise BadBars(
        f"{len(wrong)} of {len(rows)} rows break a rule: {'; '.join(reasons)}",
        hint="drop or mend these rows; bars are never repaired silently",
        rows=wrong[:1000].tolist(),
    )
