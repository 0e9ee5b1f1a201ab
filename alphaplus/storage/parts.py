"""Part files: the bars of one series and period as Parquet, decimals kept as integers where that is exact."""

import io
import json
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS, REQUIRED, SIDE_COLUMNS, Timeframe
from alphaplus.core.errors import StorageError

MAX_DECIMALS = 8
LARGEST_EXACT = 2**53
_DECIMALS = b"decimals"


def encode(table: pl.DataFrame) -> bytes:
    """Write bars as a Parquet file.

    A column whose values are all k / 10^d, d at most 8, is stored as the integers k: half the size, and the division
    gives back the very same doubles. Any other column is stored as it is.
    """
    decimals: dict[str, int] = {}
    arrays: dict[str, NDArray[np.int64] | NDArray[np.float64]] = {}
    for name in table.columns:
        column = table[name].to_numpy()
        arrays[name] = column
        if name != "open_time":
            ticks = _ticks(column)
            if ticks is not None:
                decimals[name], arrays[name] = ticks
    arrow = pa.table({name: pa.array(array) for name, array in arrays.items()})
    arrow = arrow.replace_schema_metadata({_DECIMALS: json.dumps(decimals).encode()})
    integers = [name for name, array in arrays.items() if array.dtype == np.int64]
    encodings = {name: "DELTA_BINARY_PACKED" if name in integers else "BYTE_STREAM_SPLIT" for name in arrays}
    sink = io.BytesIO()
    pq.write_table(
        arrow, sink, compression="zstd", use_dictionary=False, column_encoding=encodings, write_statistics=False
    )
    return sink.getvalue()


def decode(content: bytes) -> pl.DataFrame:
    """Read a part file back into bars, columns in the order of the bar schema; raises StorageError."""
    try:
        arrow = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        decimals: dict[str, int] = json.loads((arrow.schema.metadata or {})[_DECIMALS])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise StorageError(
            f"a part file cannot be read: {error}", hint="restore it, or import the data again"
        ) from error
    columns = {}
    for name in (*REQUIRED, *SIDE_COLUMNS):
        if name in arrow.column_names:
            values = arrow.column(name).to_numpy()
            columns[name] = values / 10.0 ** decimals[name] if name in decimals else values
    return pl.DataFrame(columns)


def periods(open_time: NDArray[np.int64], timeframe: Timeframe) -> list[tuple[str, slice]]:
    """Cut sorted times (n,) into partitions: calendar months of bars under an hour, else years, as row slices."""
    stamps = open_time.astype("datetime64[ms]")
    units = stamps.astype("datetime64[M]" if timeframe.ms < DAY_MS // 24 else "datetime64[Y]")
    starts = np.flatnonzero(np.diff(units, prepend=units[:1] - 1).astype(np.int64) != 0)
    bounds = [*starts.tolist(), len(open_time)]
    return [(str(units[start]), slice(start, end)) for start, end in pairwise(bounds)]


def _ticks(values: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]] | None:
    """Find integers (n,) and the fewest decimals with which they give exactly `values`; None when there are none."""
    probe = values[:: max(1, len(values) // 64)]
    fewest = _fewest_decimals(probe, 0)
    while fewest is not None:
        ticks = _exact_ticks(values, fewest)
        if ticks is not None:
            return fewest, ticks
        fewest = _fewest_decimals(probe, fewest + 1)
    return None


def _fewest_decimals(values: NDArray[np.float64], start: int) -> int | None:
    return next((d for d in range(start, MAX_DECIMALS + 1) if _exact_ticks(values, d) is not None), None)


def _exact_ticks(values: NDArray[np.float64], decimals: int) -> NDArray[np.int64] | None:
    if not bool((np.abs(values) < LARGEST_EXACT / 10.0**decimals).all()):  # NaN fails as well
        return None
    ticks = np.rint(values * 10.0**decimals).astype(np.int64)
    same = (ticks / 10.0**decimals).view(np.int64) == values.view(np.int64)  # bits, so that -0.0 is not 0.0
    return ticks if bool(same.all()) else None
