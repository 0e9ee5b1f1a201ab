"""TA-Lib functions as features: its batch call for history, its stateful stream live, in segments.

TA-Lib's streams never forget and cannot be saved, so they run in segments: at every 1,024th stamp of the timeframe's
grid a function starts afresh from the (up to) 256 bars before, and after a long gap from nothing, in history and live
alike. What must be kept is therefore at most the last 1,280 rows, and a restart is exact.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.features.contract import FeatureSpec, TalibCall, register_spec, units_by_column

SEGMENT = 1024
LEAD = 256
PRICES = REQUIRED[1:]


def talib_feature(
    function: str,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    options: Mapping[str, float],
    warmup: int,
    group: str,
    unit: str | Sequence[str],
    description: str,
) -> None:
    """Register a TA-Lib function as one feature; `inputs` are its arrays in TA-Lib's order, open to volume only.

    Its memory is a segment and its lead, by construction.
    """
    stray = [name for name in inputs if name not in PRICES]
    if stray:
        raise ConfigError(f"TA-Lib's {function} cannot read {stray}", hint=f"choose among {list(PRICES)}")
    spec = FeatureSpec(
        name=function.lower(),
        step=None,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        params=dict(options),
        history={},
        optional=frozenset(),
        every=None,
        state_size=0,
        gaps="restart",
        warmup=warmup,
        memory=SEGMENT + LEAD,
        group=group,
        units=units_by_column(function.lower(), outputs, unit, params=options),
        reference=f"TA-Lib, function {function}, in segments of {SEGMENT:,} bars.",
        description=description,
        talib=TalibCall(function, dict(options)),
    )
    register_spec(spec)


class TalibColumns:
    """All TA-Lib columns of one engine, with the rows since the start of the segment's lead."""

    def __init__(self, specs: Sequence[FeatureSpec], timeframe: Timeframe, *, max_gap: int) -> None:
        self._specs = tuple(specs)
        self._timeframe = timeframe
        self._max_gap = max_gap
        self._kept = np.empty((len(REQUIRED), SEGMENT + LEAD))  # a row a column, for TA-Lib wants them contiguous
        self._count = 0
        self._streams: list[Any] | None = None  # one for every function, or none before all of them can start
        kinds = list(dict.fromkeys(spec.inputs for spec in specs))  # most functions read the same, so it is read once
        self._places = [[REQUIRED.index(name) for name in inputs] for inputs in kinds]
        self._reads = [kinds.index(spec.inputs) for spec in specs]
        self._width = sum(len(spec.outputs) for spec in self._specs)

    def copy(self) -> "TalibColumns":
        """The same history, to be carried on in another way."""
        other = TalibColumns(self._specs, self._timeframe, max_gap=self._max_gap)
        other.load(self.rows())
        return other

    def rows(self) -> NDArray[np.float64]:
        """The kept rows (m, 6), all that a restart needs."""
        return np.ascontiguousarray(self._kept[:, : self._count].T)

    def load(self, rows: NDArray[np.float64]) -> None:
        """Continue from kept rows."""
        self._count = len(rows)
        self._kept[:, : self._count] = rows.T
        self._streams = None

    def history(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take in rows (n, k), open_time to volume first -> values (n, q)."""
        out = np.empty((len(rows), self._width))
        if len(rows) == 1:
            out[0] = self.row(rows[0], keep=True)
            return out
        for start, stop in self._pieces(rows[:, 0]):
            self._take(rows[start:stop])
            place = 0
            for spec in self._specs:
                for values in self._batch(spec):
                    out[start:stop, place] = values[start - stop :]
                    place += 1
        self._streams = None
        return out

    def row(self, row: NDArray[np.float64], *, keep: bool) -> NDArray[np.float64]:
        """Values (q,) of one row, open_time to volume first; the row is forgotten again unless `keep`."""
        if self._streams is None or self._fresh(row[0]) is not None:
            return self._first(row, keep=keep)
        numbers = row.tolist()
        given = [[numbers[place] for place in places] for places in self._places]
        out: list[float] = []
        for stream, kind in zip(self._streams, self._reads, strict=True):
            result = (stream.update if keep else stream.peek)(*given[kind])
            if isinstance(result, tuple):
                out += result
            else:
                out.append(result)
        if keep:
            self._kept[:, self._count] = row[: len(REQUIRED)]
            self._count += 1
        return np.array(out, dtype=np.float64)

    def _first(self, row: NDArray[np.float64], *, keep: bool) -> NDArray[np.float64]:
        """A row while there are no streams that could take it: by batch call, then new streams."""
        columns = self if keep else self.copy()
        columns._take(row[None, : len(REQUIRED)])
        out = [values[-1] for spec in self._specs for values in columns._batch(spec)]
        if keep:
            can_start = all(spec.warmup <= self._count for spec in self._specs)
            self._streams = [self._stream(spec) for spec in self._specs] if can_start else None
        return np.array(out, dtype=np.float64)

    def _fresh(self, time: float) -> int | None:
        """How many kept rows a bar at `time` starts afresh from; None when it only continues."""
        if self._count == 0:
            return 0
        last = self._kept[0, self._count - 1]
        if (time - last) / self._timeframe.ms - 1 > self._max_gap:
            return 0
        return min(self._count, LEAD) if self._segment(time) != self._segment(last) else None

    def _segment(self, time: float) -> int:
        return (int(time) - self._timeframe.offset_ms) // self._timeframe.ms // SEGMENT

    def _pieces(self, times: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
        """Runs of rows that lie in one segment without a restart inside."""
        if not len(times):
            return
        grid = (times.astype(np.int64) - self._timeframe.offset_ms) // self._timeframe.ms
        breaks = (np.diff(grid // SEGMENT) != 0) | (np.diff(grid) - 1 > self._max_gap)
        starts = [0, *(np.flatnonzero(breaks) + 1).tolist()]
        yield from zip(starts, [*starts[1:], len(times)], strict=True)

    def _take(self, rows: NDArray[np.float64]) -> None:
        """Add rows of one piece, forgetting what lies before a fresh start."""
        fresh = self._fresh(rows[0, 0])
        if fresh is not None:
            self._kept[:, :fresh] = self._kept[:, self._count - fresh : self._count].copy()
            self._count = fresh
        self._kept[:, self._count : self._count + len(rows)] = rows[:, : len(REQUIRED)].T
        self._count += len(rows)

    def _inputs(self, spec: FeatureSpec) -> list[NDArray[np.float64]]:
        return [self._kept[REQUIRED.index(name), : self._count] for name in spec.inputs]

    def _batch(self, spec: FeatureSpec) -> tuple[NDArray[np.float64], ...]:
        import talib

        call = _call(spec)
        function: Callable[..., Any] = getattr(talib, call.function)
        result = function(*self._inputs(spec), **call.options)
        columns = result if isinstance(result, tuple) else (result,)
        if len(columns) != len(spec.outputs):
            message = f"TA-Lib's {spec.name} gives {len(columns)} values, not {len(spec.outputs)}"
            raise ConfigError(message, hint="name all")
        return tuple(_known(values, spec.warmup) for values in columns)

    def _stream(self, spec: FeatureSpec) -> Any:  # noqa: ANN401 - TA-Lib has a class for every function
        from talib import stream

        call = _call(spec)
        return getattr(stream, call.function)(*self._inputs(spec), **call.options)


def _known(values: NDArray[Any], warmup: int) -> NDArray[np.float64]:
    """TA-Lib's values (n,), without the whole numbers 0 that stand where it knows nothing yet."""
    if not np.issubdtype(values.dtype, np.integer):
        return values
    known = values.astype(np.float64)
    known[: warmup - 1] = np.nan
    return known


def _call(spec: FeatureSpec) -> TalibCall:
    if spec.talib is None:
        raise TypeError(f"{spec.name} is no TA-Lib feature")
    return spec.talib
