"""Weights of rows: how much of a label is its own when labels overlap in time, and what else may count.

Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS
from alphaplus.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Weighting:
    """What rows are weighed by beside the uniqueness of their labels, which always counts.

    It is a recipe: the weights come from the rows of each training part alone. `by_return`: times the size of the
    return that the label can claim, |sum of r_t/c_t| over its life, c_t labels sharing the return r_t of a bar; the
    return of a label is spread evenly over its life, which is exact where as many labels live all the while, as those
    of a fixed horizon do. `half_life_days`: times 1/2 for every so many days before the newest row. `balance_classes`:
    all classes of the label weigh the same in total; the probabilities of a model that learned so are corrected to the
    true shares before they are calibrated.

    Raises ConfigError for a half-life that is not above 0.
    """

    by_return: bool = False
    half_life_days: float | None = None
    balance_classes: bool = False

    def __post_init__(self) -> None:
        days = self.half_life_days
        if days is not None and not (np.isfinite(days) and days > 0.0):
            raise ConfigError(f"a half-life of {days} days", hint="give a number above 0, or none to keep old rows")

    def check(self, classes: Sequence[float]) -> None:
        """Raise ConfigError where classes shall be balanced and the label has none."""
        if self.balance_classes and not classes:
            raise ConfigError("a regression has no classes to balance", hint="leave balance_classes out")

    def weights(
        self,
        owned: NDArray[np.float64],
        *,
        y: NDArray[np.float64],
        outcome: NDArray[np.float64],
        as_of: NDArray[np.int64],
        classes: Sequence[float],
    ) -> NDArray[np.float64]:
        """Weights of a training part (n,) with mean 1, from the uniqueness `owned` (n,) and its other columns (n,)."""
        self.check(classes)
        weight = owned
        if self.by_return:
            weight = weight * np.abs(owned * np.log1p(outcome))
        if self.half_life_days is not None and len(as_of):
            weight = weight * np.exp2((as_of - as_of.max()) / (self.half_life_days * DAY_MS))
        if self.balance_classes:
            number = np.searchsorted(classes, y)
            totals = np.bincount(number, weights=weight, minlength=len(classes))
            weight = weight / np.where(totals > 0.0, totals, 1.0)[number]
        total = float(weight.sum())
        return weight * (len(weight) / total) if total > 0.0 else np.ones(len(weight))


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
