"""The ids that were seen, as runs of consecutive numbers: what is new, what came twice, what is missing."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _none() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Ids:
    """Runs of ids, apart and rising: the `first` (m,) and the `last` (m,) of each, both inside."""

    first: NDArray[np.int64] = field(default_factory=_none)
    last: NDArray[np.int64] = field(default_factory=_none)

    @property
    def missing(self) -> int:
        """Ids that are absent between the least and the greatest."""
        return int((self.first[1:] - self.last[:-1] - 1).sum())

    @property
    def gaps(self) -> int:
        """Places at which ids are missing."""
        return max(0, len(self.first) - 1)

    @property
    def greatest(self) -> int | None:
        """The greatest id; None when there is none."""
        return int(self.last[-1]) if len(self.last) else None

    def fresh(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some ids (n,) have not been seen; of equal ones only the first has not."""
        new = np.zeros(len(ids), dtype=bool)
        new[np.unique(ids, return_index=True)[1]] = True
        place = np.searchsorted(self.first, ids, side="right") - 1
        inside = place >= 0
        new[inside] &= ids[inside] > self.last[place[inside]]
        return new

    def with_ids(self, ids: NDArray[np.int64]) -> "Ids":
        """These and some more ids (n,), none of which has been seen."""
        if not len(ids):
            return self
        ids = np.sort(ids)
        step = np.flatnonzero(np.diff(ids) > 1)
        first = np.concatenate((self.first, ids[:1], ids[step + 1]))
        last = np.concatenate((self.last, ids[step], ids[-1:]))
        order = np.argsort(first)
        first, last = first[order], last[order]
        apart = np.flatnonzero(first[1:] - last[:-1] > 1)
        return Ids(np.concatenate((first[:1], first[apart + 1])), np.concatenate((last[apart], last[-1:])))
