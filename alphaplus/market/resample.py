"""Bars of a coarser timeframe from finer ones: exact, a few bars at a time or a whole history by the same code.

How each column of a higher bar comes from its lower bars, in the order of time:

- open the first, high the highest, low the lowest, close the last;
- volume, quote_volume, trade_count and buy_volume added up one after the other, largest_trade the largest: one lower
  bar that does not know its value makes that of the higher bar unknown (NaN), never smaller;
- every other side column (depths, spread, microprice, sentiment, news) is a state at the close, so it is that of the
  bar that closes the higher one, and unknown where that bar is missing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConfigError

SUMMED: Final = frozenset({"volume", "quote_volume", "trade_count", "buy_volume"})
LARGEST: Final = frozenset({"high", "largest_trade"})


@dataclass(frozen=True, slots=True)
class Resampled:
    """Higher bars that have become final, oldest first, and those that ended without becoming so.

    `seen` (n,) counts the lower bars in each of `bars`, out of `per_bar`. `known_at` (n,) is the close time of the
    lower bar with which each became final: its own close or, where the last lower bar is missing, that of the first one
    after. `left_out` (m,) holds the open times of higher bars that saw too few lower ones, `left_out_seen` (m,) how
    many. A higher bar of which no lower bar is there appears nowhere: it is a gap.
    """

    bars: BarFrame
    per_bar: int
    seen: NDArray[np.int64]
    known_at: NDArray[np.int64]
    left_out: NDArray[np.int64]
    left_out_seen: NDArray[np.int64]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether all lower bars of each bar were there (n,)."""
        return np.asarray(self.seen == self.per_bar)


@dataclass(frozen=True, slots=True)
class Forming:
    """The higher bar that is being built: its open time, the lower bars it saw, and its columns so far."""

    open_time: int
    seen: int
    values: Mapping[str, float]


def coarser(timeframe: Timeframe) -> tuple[Timeframe, ...]:
    """The timeframes that bars of `timeframe` can be resampled to: those that whole bars fill from edge to edge."""
    return tuple(to for to in Timeframe if to.ms > timeframe.ms and _divides(timeframe, to))


def _divides(timeframe: Timeframe, to: Timeframe) -> bool:
    return to.ms % timeframe.ms == 0 and (to.offset_ms - timeframe.offset_ms) % timeframe.ms == 0


def check_pair(timeframe: Timeframe, to: Timeframe) -> None:
    """Refuse a pair of timeframes of which the first does not divide the second; raises ConfigError."""
    possible = coarser(timeframe)
    if to not in possible:
        hint = f"they give {', '.join(possible)}" if possible else "nothing is coarser"
        raise ConfigError(f"{timeframe} bars cannot be resampled to {to}", hint=hint)


def resample(bars: BarFrame, to: Timeframe, *, min_share: float = 1.0) -> Resampled:
    """Resample a whole history at once; see Resampler. Its last bar is final only when its last lower bar is there."""
    return Resampler(bars.instrument, bars.timeframe, to, min_share=min_share).push(bars)


class Resampler:
    """Build the bars of timeframe `to` from those of `timeframe`, taken in any portions with the same bits.

    Higher bars begin on the grid of UTC, weeks on Monday. One is final with its last lower bar or, where that is
    missing, with the first lower bar after it, and only if it saw at least `min_share` of its lower bars: by default
    all of them. (The higher clocks of the feature engine are content with 0.9.)

    Raises ConfigError when `timeframe` does not divide `to`, or for a share that is not in (0, 1].
    """

    def __init__(self, instrument: Instrument, timeframe: Timeframe, to: Timeframe, *, min_share: float = 1.0) -> None:
        check_pair(timeframe, to)
        if not 0.0 < min_share <= 1.0:
            raise ConfigError(f"min_share is {min_share}, expected a share above 0", hint="1 takes complete bars only")
        self.instrument = instrument
        self.timeframe = timeframe
        self.to = to
        self.per_bar = to.ms // timeframe.ms
        self.need = ceil(Fraction(str(min_share)) * self.per_bar)  # in decimals: 0.9 of 10 bars are 9, not 10
        self.forming: Forming | None = None
        self.last_time: int | None = None
        self._sides: tuple[str, ...] = ()

    def push(self, bars: BarFrame) -> Resampled:
        """Take in closed bars that come after those before, and give the higher bars that they made final.

        Raises BadBars, and changes nothing, when they are of another kind, off the grid, or not later.
        """
        self._check(bars)
        sides = tuple(name for name in SIDE_COLUMNS if name in self._sides or name in bars.table.columns)
        groups = self._groups(bars)
        columns = {name: self._column(bars, name, groups) for name in (*REQUIRED[1:], *sides)}
        enough = groups.seen >= self.need
        final, short = groups.ended & enough, groups.ended & ~enough
        table = pl.DataFrame(
            {"open_time": groups.start[final], **{name: values[final] for name, values in columns.items()}}
        )
        result = Resampled(
            bars=BarFrame(self.instrument, self.to, table),
            per_bar=self.per_bar,
            seen=groups.seen[final],
            known_at=groups.known_at[final],
            left_out=groups.start[short],
            left_out_seen=groups.seen[short],
        )
        if len(bars):
            self._sides, self.last_time = sides, int(bars.open_time[-1])
            self.forming = None
            if not groups.ended[-1]:
                values = {name: float(values[-1]) for name, values in columns.items()}
                self.forming = Forming(int(groups.start[-1]), int(groups.seen[-1]), values)
        return result

    def snapshot(self) -> dict[str, object]:
        """All that is needed to go on later, as plain data that JSON can carry bit for bit; unknown values are None."""
        forming = None if self.forming is None else asdict(self.forming)
        if forming is not None:
            values = forming["values"]
            forming["values"] = {name: None if np.isnan(value) else value for name, value in values.items()}
        return {**self._identity(), "sides": list(self._sides), "last_time": self.last_time, "forming": forming}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Continue where the snapshot was taken; raises ConfigError for one of another series, timeframe or share."""
        for name, own in self._identity().items():
            if snapshot[name] != own:
                raise ConfigError(
                    f"the snapshot belongs to another {name}: {snapshot[name]}, expected {own}",
                    hint="push the bars again from their start",
                )
        self._sides, self.last_time = tuple(snapshot["sides"]), snapshot["last_time"]
        self.forming = None
        if snapshot["forming"] is not None:
            forming = snapshot["forming"]
            values = {name: np.nan if value is None else value for name, value in forming["values"].items()}
            self.forming = Forming(forming["open_time"], forming["seen"], values)

    def _identity(self) -> dict[str, object]:
        return {
            "symbol": self.instrument.symbol,
            "timeframe": self.timeframe.value,
            "to": self.to.value,
            "need": self.need,
        }

    def _check(self, bars: BarFrame) -> None:
        found = (bars.instrument.symbol, bars.timeframe)
        if found != (self.instrument.symbol, self.timeframe):
            message = f"bars of {found[0]} {found[1]} reached a resampler of {self.instrument.symbol} {self.timeframe}"
            raise BadBars(message, hint="make one resampler for every series")
        times = bars.open_time
        off = times[(times - self.timeframe.offset_ms) % self.timeframe.ms != 0]
        if len(off):
            message = f"{len(off)} bars are off the grid of {self.timeframe}, the first at {off[0]} ms"
            raise BadBars(message, hint="times are the open times of bars in milliseconds UTC")
        if self.last_time is not None and len(times) and times[0] <= self.last_time:
            message = f"the bar of {times[0]} ms does not come after that of {self.last_time} ms"
            raise BadBars(message, hint="push every closed bar once, in the order of time")

    def _groups(self, bars: BarFrame) -> "_Groups":
        """Which rows make up which higher bar; the one that is forming is a row of its own, before the others."""
        times, length, offset = bars.open_time, self.to.ms, self.to.offset_ms
        start = (times - offset) // length * length + offset
        counts, closes = np.ones(len(times), dtype=np.int64), times + self.timeframe.ms
        if self.forming is not None and self.last_time is not None:
            start = np.concatenate(([self.forming.open_time], start))
            counts = np.concatenate(([self.forming.seen], counts))
            closes = np.concatenate(([self.last_time + self.timeframe.ms], closes))
        first = np.flatnonzero(np.diff(start, prepend=start[:1] - 1))
        last = np.append(first[1:], len(start))[: len(first)] - 1
        whole = closes[last] == start[last] + length
        ended = whole.copy()
        ended[:-1] = True
        known_at = closes[last]
        known_at[:-1] = np.where(whole[:-1], known_at[:-1], closes[first[1:]])
        seen = np.add.reduceat(counts, first) if len(first) else counts
        of_row = np.repeat(np.arange(len(first)), last - first + 1)
        return _Groups(start[first], first, last, of_row, seen=seen, closed=whole, ended=ended, known_at=known_at)

    def _column(self, bars: BarFrame, name: str, groups: "_Groups") -> NDArray[np.float64]:
        """One column of all higher bars of a portion, that of the last as far as it has come."""
        values = bars.column(name)
        if self.forming is not None:
            values = np.concatenate(([self.forming.values.get(name, np.nan)], values))
        if not len(values):
            return values
        if name == "open":
            return values[groups.first]
        if name in LARGEST:
            return np.maximum.reduceat(values, groups.first)
        if name == "low":
            return np.minimum.reduceat(values, groups.first)
        if name in SUMMED:  # bincount adds one row after the other; add.reduceat adds in pairs, with other bits
            return np.bincount(groups.of_row, weights=values).astype(np.float64, copy=False)
        if name == "close":
            return values[groups.last]
        return np.where(groups.closed, values[groups.last], np.nan)


@dataclass(frozen=True, slots=True)
class _Groups:
    """The higher bars (g,) that the rows (r,) of a portion belong to; only the last one may not have ended."""

    start: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    of_row: NDArray[np.int64]
    seen: NDArray[np.int64]
    closed: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    known_at: NDArray[np.int64]
