"""Does it look ahead? Checks of anything that turns bars into values: a feature set, a function, somebody's script.

What is judged is a `Compute`: rows of bars in, values out, one row a bar. Nothing needs to be known of how it works:
each check changes bars that a value must not know of, or hands over fewer of them, and looks whether the value moves.
Reference: the leakage tests of Kapoor and Narayanan, Leakage and the reproducibility crisis (2023).
"""

from collections.abc import Callable, Iterator

import numpy as np

from alphaplus.core.bars import Timeframe
from alphaplus.features.faults import Faults, Values, at, differences, earliest

Compute = Callable[[Values], Values]  # rows (n, k) with open_time first -> values (n, p)

SCALE = 1e6  # of the poison
SPREAD = 1e-6  # share of a column's standard deviation by which the start may still show
ROUGHLY = 1e-2  # the same where nobody says how long a column remembers
SCANNED = 2_000  # bars looked at one by one, so as to name the very first that leaks
CLOCKS = (Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1)


def least_rows(compute: Compute, rows: Values) -> int:
    """The smallest number of bars that can be computed at all, as far as powers of two and halving find it.

    Some functions need a full window and raise without one. Raises what they raise where half of the bars are too few.
    """
    enough = 1
    while _attempt(compute, rows[:enough]) is None:
        enough *= 2
        if enough > len(rows) // 2:
            compute(rows[: len(rows) // 2])
            return len(rows) // 2
    too_few = enough // 2
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        enough, too_few = (enough, middle) if _attempt(compute, rows[:middle]) is None else (middle, too_few)
    return enough


def _attempt(compute: Compute, rows: Values) -> Values | None:
    """The values, or None where a stranger's function raises, whatever it may be: it cannot do with such bars."""
    try:
        return compute(rows)
    except Exception:
        return None


def repeat_faults(compute: Compute, rows: Values, columns: tuple[str, ...]) -> Faults:
    """The same bars must give the same values, also after other bars were computed in between."""
    first = compute(rows)
    compute(_scaled(rows, 2.0))
    return differences(columns, compute(rows), first, times=rows[:, 0], why="does not repeat itself on the same bars")


def prefix_faults(
    compute: Compute,
    rows: Values,
    columns: tuple[str, ...],
    rng: np.random.Generator,
    *,
    cuts: int = 50,
    least: int = 1,
) -> Faults:
    """The values of any first part of the rows must be the first part of the values.

    The parts are computed first, in increasing order, lest something remembers the whole. A column at fault is then
    followed bar by bar from the start, so that the very first bar is named.
    """
    places = np.unique([least, *rng.integers(least, len(rows), size=cuts)]).tolist()
    parts = [compute(rows[:cut]) for cut in places]
    whole, times = compute(rows), rows[:, 0]
    faults: Faults = {}
    for cut, part in zip(places, parts, strict=True):
        faults = earliest(faults, differences(columns, whole[:cut], part, times=times, why=_LATER))
    return _from_the_start(compute, rows, columns, whole, faults, least=least)


_LATER = "changes once later bars are known"


def _from_the_start(
    compute: Compute, rows: Values, columns: tuple[str, ...], whole: Values, faults: Faults, *, least: int
) -> Faults:
    """The faults, each at the earliest bar whose value is not what it was when that bar closed."""
    open_ = {column: fault.row for column, fault in faults.items() if fault.row is not None}
    for row in range(least - 1, min(max(open_.values(), default=0), SCANNED)):
        part = _attempt(compute, rows[: row + 1])
        if part is None:
            continue
        found = differences(columns, whole[: row + 1], part, times=rows[:, 0], why=_LATER)
        for column in found.keys() & open_.keys():
            faults[column] = found[column]
            del open_[column]
        open_ = {column: known for column, known in open_.items() if known > row + 1}
        if not open_:
            break
    return faults


def repaint_faults(compute: Compute, rows: Values, columns: tuple[str, ...], *, bars: int = 60) -> Faults:
    """While bars arrive one by one, no value that was given may change afterwards."""
    times, faults = rows[:, 0], Faults()
    known = compute(rows[:-bars])
    for stop in range(len(rows) - bars + 1, len(rows) + 1):
        now = compute(rows[:stop])
        faults = earliest(
            faults, differences(columns, now[: len(known)], known, times=times, why="repaints as bars arrive")
        )
        known = now
    return faults


def poison_faults(
    compute: Compute,
    rows: Values,
    columns: tuple[str, ...],
    rng: np.random.Generator,
    *,
    cuts: int = 10,
    least: int = 1,
) -> Faults:
    """Rows after a cut become NaN, a million times themselves, or run backwards: nothing up to the cut may change."""
    whole, faults = compute(rows), Faults()
    for cut in rng.integers(least, len(rows), size=cuts).tolist():
        future = rows[cut:, 1:]
        for name, poison in (
            ("NaN", np.full_like(future, np.nan)),
            ("huge", future * SCALE),
            ("reversed", future[::-1]),
        ):
            poisoned = rows.copy()
            poisoned[cut:, 1:] = poison
            why = f"changes when later bars are {name}"
            faults = earliest(faults, _changed(compute, poisoned, whole[:cut], columns, why))
    return faults


def clock_faults(
    compute: Compute,
    rows: Values,
    columns: tuple[str, ...],
    timeframe: Timeframe,
    rng: np.random.Generator,
    *,
    cuts: int = 6,
) -> Faults:
    """Values inside an hour (four hours, day, week) must not depend on how that hour goes on.

    Only the rest of the higher bar is changed; what comes after it stays.
    """
    whole, times, faults = compute(rows), rows[:, 0], Faults()
    for clock in CLOCKS:
        for start, stop in _inside(times, clock, timeframe, rng, cuts=cuts):
            for factor in (np.nan, SCALE):
                changed = rows.copy()
                changed[start:stop, 1:] *= factor
                why = f"depends on the rest of its own {clock} bar"
                faults = earliest(faults, _changed(compute, changed, whole[:start], columns, why))
    return faults


def _changed(compute: Compute, rows: Values, known: Values, columns: tuple[str, ...], why: str) -> Faults:
    """Columns whose first values are not the known ones; bars that a function refuses to compute show nothing."""
    values = _attempt(compute, rows)
    if values is None:
        return {}
    return differences(columns, known, values[: len(known)], times=rows[:, 0], why=why)


def _inside(
    times: Values, clock: Timeframe, timeframe: Timeframe, rng: np.random.Generator, *, cuts: int
) -> Iterator[tuple[int, int]]:
    """Rows strictly inside a higher bar, each with the row at which that bar ends."""
    if clock.ms <= timeframe.ms or clock.ms % timeframe.ms:
        return
    bars = (times.astype(np.int64) - clock.offset_ms) // clock.ms
    inner = np.flatnonzero(bars[1:] == bars[:-1]) + 1
    for start in rng.choice(inner, size=min(cuts, len(inner)), replace=False).tolist():
        yield start, int(np.searchsorted(bars, bars[start], side="right"))


def start_faults(
    compute: Compute, rows: Values, columns: tuple[str, ...], rng: np.random.Generator, *, memory: int | None = None
) -> Faults:
    """Bars that are missing long before must not show: what is joined by row number, or counts rows, shifts.

    Some first bars are left out, or one in the middle; from `memory` bars on the values must agree to a millionth of
    the column's spread. Where the memory is not known half of the bars are given, agreement to a hundredth is enough,
    for slow averages forget slowly, and the columns may differ by a constant, as running totals do.
    """
    whole, times, faults = compute(rows), rows[:, 0], Faults()
    settled = len(rows) // 2 if memory is None else memory
    without = [np.delete(np.arange(len(rows)), int(rng.integers(1, len(rows) - settled)))]
    without += [np.arange(count, len(rows)) for count in (1, 7, len(rows) // 5)]
    for kept in without:
        gone = int(np.flatnonzero(np.diff(kept, prepend=-1) > 1)[0])
        begin = kept[gone] + settled
        late = compute(rows[kept])[kept >= begin]
        faults = earliest(
            faults, _apart(columns, whole, late, kept[kept >= begin], times=times, roughly=memory is None)
        )
    return faults


def _apart(
    columns: tuple[str, ...], whole: Values, late: Values, kept: Values, *, times: Values, roughly: bool
) -> Faults:
    """Columns whose values `late` (m, p), of the rows `kept` (m,), are not those of the whole."""
    faults: Faults = {}
    for place, column in enumerate(columns):
        known = whole[:, place][np.isfinite(whole[:, place])]
        spread = float(np.std(known)) if len(known) else 0.0
        early = whole[kept, place]
        apart = late[:, place] - early
        both = np.isfinite(apart)
        offset = float(np.median(apart[both])) if roughly and both.any() else 0.0
        wrong = both & (np.abs(apart - offset) > (ROUGHLY if roughly else SPREAD) * spread) | (
            np.isnan(late[:, place]) != np.isnan(early)
        )
        if wrong.any():
            first = int(np.argmax(wrong))
            why = "shifts when earlier bars are missing"
            faults[column] = at(column, int(kept[first]), times, early[first], late[first, place], why=why)
    return faults


def _scaled(rows: Values, factor: float) -> Values:
    other = rows.copy()
    other[:, 1:] *= factor
    return other
