"""Uniqueness: how much of a label is its own when labels overlap in time.

Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 4.
"""

import numpy as np
from numpy.typing import NDArray


def uniqueness(
    as_of: NDArray[np.int64], span_end: NDArray[np.int64], *, instrument_id: NDArray[np.int32] | None = None
) -> NDArray[np.float64]:
    """Average of 1/c over the life of each label (n,), c the labels alive at that time; within (0, 1].

    A label lives from `as_of` to `span_end`, both (n,) in ms. Labels of different instruments do not share anything.
    Labels at every bar with horizon H have 1/H away from the ends.
    """
    result = np.ones(len(as_of))
    groups = np.zeros(len(as_of), dtype=np.int32) if instrument_id is None else instrument_id
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        result[rows] = _of_one_instrument(as_of[rows], span_end[rows])
    return result


def _of_one_instrument(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    times = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(times, start), np.searchsorted(times, end)
    changes = np.zeros(len(times), dtype=np.int64)
    np.add.at(changes, first, 1)
    np.add.at(changes, last, -1)
    alive = np.cumsum(changes)[:-1]
    shares = np.diff(times) / np.maximum(alive, 1)
    total = np.concatenate([[0.0], np.cumsum(shares)])
    owned: NDArray[np.float64] = (total[last] - total[first]) / (end - start)
    return owned


def effective_samples(
    as_of: NDArray[np.int64], span_end: NDArray[np.int64], *, instrument_id: NDArray[np.int32] | None = None
) -> float:
    """Sum of the uniqueness of all labels: how many labels without overlap they are worth."""
    return float(uniqueness(as_of, span_end, instrument_id=instrument_id).sum())
