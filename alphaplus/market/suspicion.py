"""When a whole file is refused: many rows wrong in one way mean that it is not what it is said to be."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.core.records import QuarantinedRow
from alphaplus.market.quality import Fault

_ENOUGH = 10  # rows that must be wrong together before a file is suspected
_SURE = 20  # spacings by which a coarser timeframe is told from a series with holes: by chance one in a million
_MIXED_UP = (Fault.HIGH, Fault.LOW, Fault.POSITIVE)


def check_text(
    name: str, counts: NDArray[np.int64], first: QuarantinedRow | None, *, timeframe: Timeframe, place: str = "line"
) -> None:
    """Refuse a text by how many of its rows have which fault; `counts` (15,) is indexed by Fault.

    `place` is what the number of a row is called.

    Raises BadBars when no row is usable, when most prices contradict one another, or most times are off the grid.
    """
    rows, usable = int(counts.sum()), int(counts[Fault.NONE])
    example = "" if first is None else f"; the first: {place} {first.line}: {first.reason}"
    line = None if first is None else first.line
    if rows == 0:
        raise BadBars(f"{name} has a header and no rows", hint="download or export it again", file=name)
    mixed_up = int(sum(counts[fault] for fault in _MIXED_UP))
    if mixed_up >= _ENOUGH and mixed_up * 2 > rows:
        raise BadBars(
            f"{name}: in {mixed_up} of {rows} rows the prices contradict one another{example}",
            hint="the columns seem to be mixed up; name them in a header, or by --columns high=NAME",
            file=name,
            line=line,
        )
    off = int(counts[Fault.GRID])
    if off >= _ENOUGH and off * 2 > rows:
        raise BadBars(
            f"{name}: {off} of {rows} rows are off the grid of {timeframe} bars{example}",
            hint="say the timeframe of the file by --timeframe; times are those at which bars open",
            file=name,
            line=line,
        )
    if usable == 0:
        raise BadBars(
            f"{name}: none of its {rows} rows is usable{example}",
            hint="mend the file at its source; nothing was taken from it",
            file=name,
            line=line,
        )


def check_spacing(name: str, times: NDArray[np.int64], timeframe: Timeframe) -> None:
    """Refuse bars that all stand further apart than their timeframe: hours are no minutes with holes.

    Raises BadBars when at least 20 spacings of different times (n,), in any order, are whole steps of one coarser
    timeframe: of several the coarsest is named.
    """
    ordered = np.sort(times)
    steps = ordered[1:] - ordered[:-1]
    steps = steps[steps > 0]
    if len(steps) < _SURE:
        return
    step = int(np.gcd.reduce(steps))
    coarser = [other for other in Timeframe if other.ms > timeframe.ms and step % other.ms == 0]
    if coarser:
        raise BadBars(
            f"{name}: its bars are {coarser[-1]} apart, expected {timeframe}",
            hint=f"say --timeframe {coarser[-1]}",
            file=name,
        )
