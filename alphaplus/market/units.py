"""One unit of time in a file: a stray row in another is refused, many of them are another file in this one."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import BadBars
from alphaplus.market.stamps import UNITS

_ENOUGH = 10  # rows in another unit, or
_SHARE = 4  # at least two of them and one row in so many


@dataclass(slots=True)
class Units:
    """How many rows of one text give their time in which unit, and the first line of each."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(UNITS), dtype=np.int64))
    first: dict[int, int] = field(default_factory=dict)

    def add(self, units: NDArray[np.int8], line: NDArray[np.int64]) -> None:
        """Count rows: the position in UNITS of each (n,), -1 for no time at all, and its line (n,)."""
        for position in range(len(UNITS)):
            rows = units == position
            count = int(rows.sum())
            if count:
                self.counts[position] += count
                self.first.setdefault(position, int(line[rows.argmax()]))

    def check(self, name: str, *, place: str = "line") -> None:
        """Refuse a text in two units; raises BadBars naming a line of each."""
        total, most = int(self.counts.sum()), int(self.counts.argmax())
        for position, count in enumerate(self.counts.tolist()):
            many = count >= _ENOUGH or (count > 1 and count * _SHARE >= total)
            if position == most or not many:
                continue
            line, other = self.first[most], self.first[position]
            raise BadBars(
                f"{name} mixes two units of time: {place} {line} is in {UNITS[most]}, {place} {other} in "
                f"{UNITS[position]}, as are {count} of {total} rows",
                hint="split it into a file for each unit; --time-unit says which one a file is in",
                file=name,
                line=other,
            )
