"""The feature engine of one instrument: history and live bars through one compiled loop."""

import hashlib
import json
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alphaplus.core.bars import REQUIRED, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import ArtifactCorrupt, BadBars, ColumnsMismatch, ConfigError
from alphaplus.features.compiler import Kernel, compile_set
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.features.state import ORIGIN, SEEN, TICK, TIME
from alphaplus.features.talib import TalibColumns

MAGIC = b"alphaplus-state-1\n"
DIGEST = 32


class FeatureEngine:
    """Compute a feature set for one instrument, any number of bars at a time, with the same bits for any division.

    `inputs` are the bar columns that the set reads, `open_time` first; `columns` those that it gives. The first bar
    is the origin: recursive features never quite forget it, so live equals history only from the same origin.

    A set given by its name is without the columns that bars of this timeframe can give no value; of a set given as
    such all columns are there. Code is compiled at construction, or taken from `cache_folder` (which must be yours
    alone). One engine belongs to one thread at a time; the loop itself releases the GIL, so engines run side by side.
    """

    def __init__(
        self,
        features: FeatureSet | str,
        instrument: Instrument,
        timeframe: Timeframe,
        *,
        cache_folder: Path | None = None,
    ) -> None:
        self.feature_set = feature_set(features, timeframe) if isinstance(features, str) else features
        self.instrument = instrument
        self.timeframe = timeframe
        self._kernel = compile_engine(self.feature_set, timeframe, cache_folder=cache_folder)
        plan = self._kernel.plan
        self.inputs = plan.inputs
        self.columns = plan.columns
        self._run = self._kernel.run
        self._state = np.zeros(plan.size)
        self._state[TICK] = instrument.tick_size
        self._scratch = np.empty_like(self._state)
        self._talib = TalibColumns(plan.talib, timeframe, max_gap=plan.max_gap) if plan.talib else None
        self._row = np.empty((1, len(plan.matrix_columns)))
        self._given = self._row[0, : len(plan.inputs)]
        self._added = self._row[0, len(plan.inputs) :]
        self._shape = (1, len(plan.columns))

    @property
    def seen(self) -> int:
        """Bars taken in since the origin."""
        return int(self._state[SEEN])

    @property
    def state_bytes(self) -> int:
        """Memory that the state of this instrument takes, TA-Lib's rows not counted."""
        return int(self._state.nbytes)

    @property
    def last_time(self) -> int | None:
        """Open time of the last closed bar taken in, ms UTC; None before the first."""
        return int(self._state[TIME]) if self.seen else None

    @property
    def origin(self) -> int | None:
        """Open time of the first bar taken in, ms UTC; None before it."""
        return int(self._state[ORIGIN]) if self.seen else None

    def push(self, row: ArrayLike, *, forming: bool = False) -> NDArray[np.float64]:
        """Take in one bar, the hot path: float64 (k,) in the order of `inputs` -> (p,) in the order of `columns`.

        A `forming` bar is still open: its features are given and the state is left as it was. Raises BadBars when the
        bar is not later than the last one, is off the grid, or has impossible values; nothing has changed then.
        """
        try:
            self._given[:] = row
        except (TypeError, ValueError):
            raise BadBars(f"a row is {len(self.inputs)} numbers in the order of inputs: {self.inputs}") from None
        state = self._state
        if self._talib is not None:
            self._check(self._row)
            self._added[:] = self._talib.row(self._given, keep=not forming)
        if forming:
            state = self._scratch
            state[:] = self._state
        out: NDArray[np.float64] = np.empty(self._shape)
        bad = self._run(self._row, state, out, False)
        if bad >= 0:
            raise self._refusal(self._row, bad)
        return out.reshape(-1)

    def advance(self, bars: BarFrame) -> FeatureFrame:
        """Take in any number of closed bars; raises BadBars, and changes nothing, when one of them cannot follow."""
        return self._frame(bars, keep=True)

    def peek(self, bars: BarFrame) -> FeatureFrame:
        """Compute features of bars that are still open, leaving the state as it was; refuses as `advance` does."""
        return self._frame(bars, keep=False)

    def snapshot(self) -> bytes:
        """All of the state, sealed with what it belongs to: set, code, instrument, timeframe, origin, last bar."""
        rows = self._talib.rows() if self._talib is not None else np.empty((0, len(REQUIRED)))
        label = json.dumps(self._identity() | {"rows": len(rows)}).encode()
        body = struct.pack("<I", len(label)) + label + self._state.tobytes() + rows.tobytes()
        return MAGIC + hashlib.sha256(body).digest() + body

    def restore(self, snapshot: bytes) -> None:
        """Continue exactly where the snapshot was taken, without any bars.

        Raises ArtifactCorrupt for bytes that are no whole snapshot, and ColumnsMismatch for one of another set, code,
        instrument or timeframe; the state is unchanged then.
        """
        body = snapshot[len(MAGIC) + DIGEST :]
        seal = snapshot[len(MAGIC) : len(MAGIC) + DIGEST]
        if not snapshot.startswith(MAGIC) or hashlib.sha256(body).digest() != seal:
            raise ArtifactCorrupt("these bytes are no whole feature snapshot", hint="replay the bars from the origin")
        (length,) = struct.unpack_from("<I", body)
        label = json.loads(body[4 : 4 + length])
        for name, own in self._identity().items():
            if name not in ("origin", "last") and label[name] != own:
                message = f"the snapshot belongs to another {name}: {label[name]}, expected {own}"
                raise ColumnsMismatch(message, hint="replay the bars from the origin")
        numbers = np.frombuffer(body[4 + length :])
        self._state[:] = numbers[: len(self._state)]
        if self._talib is not None:
            self._talib.load(numbers[len(self._state) :].reshape(label["rows"], len(REQUIRED)))

    def _identity(self) -> dict[str, object]:
        return {
            "set": self.feature_set.hash,
            "code": self._kernel.code,
            "instrument": self.instrument.symbol,
            "venue": self.instrument.venue,
            "tick_size": self.instrument.tick_size,
            "timeframe": self.timeframe.value,
            "origin": self.origin,
            "last": self.last_time,
        }

    def _frame(self, bars: BarFrame, *, keep: bool) -> FeatureFrame:
        self._check_kind(bars)
        values = self.compute(bars.matrix(self.inputs), keep=keep)
        return FeatureFrame(bars.instrument, bars.timeframe, self.columns, bars.open_time, values)

    def compute(
        self,
        rows: NDArray[np.float64],
        *,
        keep: bool = True,
        trusted: bool = False,
        out: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Rows (n, k) in the order of `inputs` -> (n, p), without frames around them.

        The values are written to `out`, a C-contiguous float64 (n, p), if it is given: fresh memory costs as much as
        ten columns. `trusted` leaves out the check of the rows; only the tests that poison the future want that.
        """
        matrix = np.ascontiguousarray(rows, dtype=np.float64)
        if self._talib is not None:
            if not trusted:
                self._check(matrix)
            talib = self._talib if keep else self._talib.copy()
            matrix = np.concatenate([matrix, talib.history(matrix)], axis=1)
        state = self._state if keep else self._state.copy()
        shape = (len(matrix), len(self.columns))
        if out is None:
            out = np.empty(shape)
        elif out.shape != shape or out.dtype != np.float64 or not out.flags.c_contiguous:
            raise ColumnsMismatch(
                f"out is {out.dtype} {out.shape}, expected float64 {shape}, C-contiguous", hint="see numpy.empty"
            )
        bad = self._run(matrix, state, out, trusted)
        if bad >= 0:
            raise self._refusal(matrix, bad)
        return out

    def _check(self, rows: NDArray[np.float64]) -> None:
        bad = self._kernel.check(rows, self._state)
        if bad >= 0:
            raise self._refusal(rows, bad)

    def _check_kind(self, bars: BarFrame) -> None:
        if bars.timeframe is not self.timeframe:
            raise BadBars(f"bars of {bars.timeframe} reached an engine for {self.timeframe}", hint="resample them")
        if bars.instrument.symbol != self.instrument.symbol:
            message = f"bars of {bars.instrument.symbol} reached the engine of {self.instrument.symbol}"
            raise BadBars(message, hint="make one engine for every instrument")

    def _refusal(self, rows: NDArray[np.float64], bad: int) -> BadBars:
        """Why a row was refused, in words."""
        time = rows[bad, 0]
        last = rows[bad - 1, 0] if bad else (self._state[TIME] if self.seen else None)
        if last is not None and time == last:
            return BadBars(f"the bar of {_when(time)} was taken in already", hint="push every closed bar once")
        if last is not None and time < last:
            message = f"the bar of {_when(time)} comes after that of {_when(last)}"
            return BadBars(message, hint="restore a snapshot from before it, or replay from the origin")
        if not abs(time) < 1e15 or (int(time) - self.timeframe.offset_ms) % self.timeframe.ms:
            message = f"open time {time:.0f} ({_when(time)}) is off the {self.timeframe} grid"
            return BadBars(message, hint="times are the open times of bars in milliseconds UTC")
        values = dict(zip(REQUIRED[1:], rows[bad, 1 : len(REQUIRED)].tolist(), strict=True))
        return BadBars(f"the bar of {_when(time)} has impossible values {values}", hint="quarantine it at import")


def compile_engine(features: FeatureSet, timeframe: Timeframe, *, cache_folder: Path | None = None) -> Kernel:
    """The compiled loop of a set, ready to run."""
    if not features.columns:
        raise ConfigError(f"feature set {features.name} has no columns", hint="name at least one")
    return compile_set(features.columns, features.max_gap, timeframe, cache_folder)


def _when(time: float) -> str:
    try:
        return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "no time"
