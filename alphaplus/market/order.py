"""Rows into a series: sorted by time, repeated rows merged, contradictions refused, gaps counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED, BarFrame, Timeframe
from alphaplus.core.records import Gap
from alphaplus.market.quality import Rows


@dataclass(frozen=True, slots=True)
class Ordered:
    """One row for every time, in order; positions of the rows kept (m,) and of those that contradict them."""

    rows: Rows
    kept: NDArray[np.int64]
    conflicts: NDArray[np.int64]
    duplicates: int


def order(rows: Rows) -> Ordered:
    """Sort rows and merge those of one time.

    Of rows with one time the first stays. A later one that says the same is a duplicate, else a conflict; side values
    contradict only where both are known, and an unknown one is taken from a duplicate.
    """
    times = rows.open_time
    if len(times) < 2 or bool((times[1:] > times[:-1]).all()):
        return Ordered(rows, np.arange(len(times)), np.empty(0, dtype=np.int64), 0)
    positions = np.argsort(times, kind="stable")
    times = times[positions]
    values = {name: column[positions] for name, column in rows.values.items()}
    new = np.concatenate(([True], times[1:] != times[:-1]))
    group = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    differs = np.zeros(len(times), dtype=bool)
    for name in REQUIRED[1:]:
        differs |= values[name] != values[name][first][group]
    merged = {}
    for name, column in values.items():
        merged[name] = column[first]
        if name not in REQUIRED:
            merged[name] = _first_known(column, group, usable=~differs, groups=len(first))
            told = merged[name][group]
            differs |= (column != told) & ~np.isnan(column) & ~np.isnan(told)
    duplicates = len(times) - len(first) - int(differs.sum())
    return Ordered(Rows(times[first], merged), positions[first], np.sort(positions[differs]), duplicates)


def _first_known(
    column: NDArray[np.float64], group: NDArray[np.int64], *, usable: NDArray[np.bool_], groups: int
) -> NDArray[np.float64]:
    """The first value of each group that is not NaN, among usable rows; NaN where there is none."""
    known = np.flatnonzero(usable & ~np.isnan(column))[::-1]
    result = np.full(groups, np.nan)
    result[group[known]] = column[known]  # of repeated places numpy keeps the last, which reversed is the first
    return result


def count_out_of_order(times: NDArray[np.int64]) -> int:
    """Rows of one file that come after a later one."""
    if len(times) < 2:
        return 0
    return int((times[1:] < np.maximum.accumulate(times)[:-1]).sum())


def gaps(times: NDArray[np.int64], timeframe: Timeframe) -> tuple[Gap, ...]:
    """Runs of missing bars between sorted times (n,)."""
    steps = np.diff(times) // timeframe.ms
    before = np.flatnonzero(steps > 1)
    starts, missing = times[before] + timeframe.ms, steps[before] - 1
    return tuple(Gap(start, bars) for start, bars in zip(starts.tolist(), missing.tolist(), strict=True))


def gaps_of(bars: BarFrame) -> tuple[Gap, ...]:
    """Runs of missing bars in a series."""
    return gaps(bars.open_time, bars.timeframe)
