"""Uniqueness: how much of a label is its own when labels overlap in time.

Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 4.
"""

import numpy as np
from numpy.typing import NDArray


def uniqueness(
    as_of: NDArray[np.int64], span_end: NDArray[np.int64], *, instrument_id: NDArray[np.int32] | None = None
) -> NDArray[np.float64]:
    """Average of 1/c over the life of each label (n,), c the labels alive at that time; within (0, 1].

    A label lives from `as_of` to `span_end`, both (n,) in ms. With `instrument_id` only labels of the same instrument
    share their time, as suits the weights of rows. Labels at every bar with horizon H have 1/H away from the ends.
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
    """How many independent labels they are worth: the sum of their uniqueness, time being shared by all instruments.

    Markets move together, and nobody knows beforehand how much. Labels of different instruments that live at the same
    time therefore count as if they were one: four copies of a symbol are worth what one of them is, and so, which is
    too little, are four symbols without anything in common. Only time adds evidence. A panel is worth no less than the
    best of its instruments by itself; without `instrument_id` all rows are taken as one instrument's.
    """
    pooled = float(uniqueness(as_of, span_end).sum())
    if instrument_id is None or not len(as_of):
        return pooled
    alone = uniqueness(as_of, span_end, instrument_id=instrument_id)
    return max(pooled, float(np.bincount(instrument_id, weights=alone).max()))
