"""How good a series of bars is: complete, fresh, valid and without outliers, each from 0 to 1 and with its reason."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS, BarFrame, Timeframe
from alphaplus.core.records import RowsRead, Series
from alphaplus.market.quality import Rows, faults

WINDOW_DAYS: Final = 30
LEAST_BARS: Final = 200  # of a window: thirty days are few daily bars
STALE_AFTER: Final = 10.0  # bars overdue at which nothing is left of freshness
DEAD_RUN: Final = 10  # bars in a row without movement or volume that are taken for a feed that hangs
PAST: Final = 100  # returns that say what is usual
FAR: Final = 10.0 * 1.4826  # median absolute deviations: ten standard deviations of a normal law
WORST_SHARE: Final = 0.02  # of outliers, at which nothing is left of their score
WEIGHTS: Final = {"completeness": 0.35, "freshness": 0.25, "validity": 0.25, "outliers": 0.15}
_BLOCK: Final = 20_000  # returns judged at once, with 100 each before them: 16 MB


@dataclass(frozen=True, slots=True)
class Component:
    """One side of quality: its value in [0, 1] and the reason in words."""

    value: float
    reason: str


@dataclass(frozen=True, slots=True)
class DataQuality:
    """The quality of one series as of a moment (ms UTC); `bars` of it, those of the window, were judged."""

    symbol: str
    timeframe: Timeframe
    as_of: int
    bars: int
    completeness: Component
    freshness: Component
    validity: Component
    outliers: Component

    @property
    def components(self) -> dict[str, Component]:
        """The components by name."""
        return {name: getattr(self, name) for name in WEIGHTS}

    @property
    def total(self) -> float:
        """The components by their weights, in [0, 1]."""
        return min(1.0, sum(weight * self.components[name].value for name, weight in WEIGHTS.items()))


def data_quality(
    bars: BarFrame,
    *,
    now: int,
    series: Series | None = None,
    read: RowsRead | None = None,
    window_days: int = WINDOW_DAYS,
) -> DataQuality:
    """Judge a series by what was known at `now` (ms UTC): bars that close later count as not there.

    The window is the last `window_days` before the last close, at least 200 bars. Markets that close are not known
    here: the weekends of a stock are missing bars.

    - completeness (weight .35): share of expected bars that are there, the lower of that of the window and that since
      the first bar. `series` tells the latter where `bars` are only what is stored from `judged_from` on.
    - freshness (.25): 1 while the last close is at most one bar old, falling evenly to 0 when ten bars are overdue.
    - validity (.25): share of rows that were not refused at import, as `read` or the report of the bars says, else
      share of the window that meets the rules of the market; times the share of the window that lies in no run of ten
      or more bars without movement or without volume.
    - outliers (.15): 1 without any, falling evenly to 0 at two in a hundred. A return is one if it is larger than
      10 * 1.4826 times the median absolute deviation of the 100 returns before it.
      Returns over a gap are not those of one bar and left out; where the deviation is 0, half of the past having stood
      still, nothing is judged.

    What cannot be judged counts 0: all of an empty series, outliers of fewer than 101 returns or of a flat market.
    """
    if read is None and bars.report is not None:
        read = RowsRead(bars.report.rows, bars.report.quarantined_count)
    timeframe = bars.timeframe
    known = bars.rows(0, int(np.searchsorted(bars.close_time, now, side="right")))
    if not len(known):
        nothing = Component(0.0, "no bars")
        return DataQuality(bars.instrument.symbol, timeframe, now, 0, nothing, nothing, nothing, nothing)
    last = int(known.open_time[-1])
    recent = known.between(judged_from(last, timeframe, window_days=window_days), last + 1)
    window = recent.between(_window_start(last, timeframe, window_days), last + 1)
    return DataQuality(
        bars.instrument.symbol,
        timeframe,
        now,
        len(window),
        completeness=_completeness(known, series, window_days),
        freshness=_freshness((now - last) / timeframe.ms - 1.0),
        validity=_validity(window, read),
        outliers=_outliers(recent, len(window)),
    )


def judged_from(last: int, timeframe: Timeframe, *, window_days: int = WINDOW_DAYS) -> int:
    """Where the bars begin that matter to a series whose last bar opens at `last`: the window, and 200 bars before."""
    return _window_start(last, timeframe, window_days) - 2 * PAST * timeframe.ms


def _window_start(last: int, timeframe: Timeframe, window_days: int) -> int:
    bars = max(LEAST_BARS, -(-window_days * DAY_MS // timeframe.ms))
    return last - (bars - 1) * timeframe.ms


def _completeness(known: BarFrame, series: Series | None, window_days: int) -> Component:
    times, length = known.open_time, known.timeframe.ms
    first = int(times[0]) if series is None else series.first
    start = max(first, _window_start(int(times[-1]), known.timeframe, window_days))
    there = len(times) - int(np.searchsorted(times, start))
    expected = (int(times[-1]) - start) // length + 1
    if series is None:
        all_there, all_expected = len(times), (int(times[-1]) - first) // length + 1
    else:
        all_there, all_expected = series.bars, series.bars + series.missing_bars
    recent = f"{there:,} of {expected:,} bars of the window are there"
    overall = f"{all_there:,} of {all_expected:,} since the start"
    return Component(min(there / expected, all_there / all_expected), f"{recent}, {overall}")


def _freshness(age: float) -> Component:
    """`age` of the last close, in bars."""
    value = max(0.0, 1.0 - max(0.0, age - 1.0) / STALE_AFTER)
    return Component(value, f"the last close is {age:,.1f} bars old")


def _validity(window: BarFrame, read: RowsRead | None) -> Component:
    values = {name: window.column(name) for name in window.table.columns if name != "open_time"}
    if read is not None and read.rows:
        sound = 1.0 - read.refused / read.rows
        reason = f"{read.refused:,} of {read.rows:,} rows were refused at import"
    else:
        broken = int((faults(Rows(window.open_time, values), window.timeframe, now=None) > 0).sum())
        sound = 1.0 - broken / len(window)
        reason = f"{broken:,} of {len(window):,} bars break a rule"
    dead = _in_long_runs((values["high"] == values["low"]) | (values["volume"] == 0.0), window.missing_before > 0)
    if dead:
        reason += f", {dead:,} of {len(window):,} lie in runs of {DEAD_RUN} or more without movement or volume"
    return Component(sound * (1.0 - dead / len(window)), reason)


def _in_long_runs(marked: NDArray[np.bool_], breaks: NDArray[np.bool_]) -> int:
    """Marked rows (n,) in runs of at least DEAD_RUN; a row that `breaks` (n,) begins a run of its own."""
    new = np.concatenate(([True], (marked[1:] != marked[:-1]) | breaks[1:]))
    first = np.flatnonzero(new)
    lengths = np.diff(first, append=len(marked))
    return int(lengths[marked[first] & (lengths >= DEAD_RUN)].sum())


def _outliers(recent: BarFrame, judged: int) -> Component:
    """Outliers among the returns of the last `judged` bars; the bars before them say what is usual."""
    close = recent.column("close")
    sound = np.isfinite(close) & (close > 0.0)
    logs = np.log(np.where(sound, close, 1.0))
    usable = sound[1:] & sound[:-1] & (recent.missing_before[1:] == 0)
    ends = np.flatnonzero(usable) + 1
    returns = logs[ends] - logs[ends - 1]
    begin = max(PAST, int(np.searchsorted(ends, len(close) - judged)))
    found = count = 0
    for position in range(begin, len(returns), _BLOCK):
        block = returns[position - PAST : position + _BLOCK]
        past, size = sliding_window_view(block, PAST)[:-1], np.abs(block[PAST:])
        usual = np.median(np.abs(past - np.median(past, axis=1, keepdims=True)), axis=1)
        found += int(((size > FAR * usual) & (usual > 0.0)).sum())
        count += int((usual > 0.0).sum())
    if not count:
        return Component(0.0, f"none of {len(returns):,} returns has {PAST} before it that moved")
    value = max(0.0, 1.0 - found / count / WORST_SHARE)
    return Component(value, f"{found:,} of {count:,} returns are far beyond the {PAST} before them")
