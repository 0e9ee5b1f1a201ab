"""What all boosted trees need: numbers for classes, shares of the gain, and split borders by column."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset


def class_places(train: Dataset) -> NDArray[np.float64]:
    """What is learned (n,): the values of a regression, or the place of each row's class among the classes."""
    return train.y if train.task is Task.REGRESSION else np.searchsorted(train.classes, train.y).astype(np.float64)


def shares_of(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of a total (p,), all zero where nothing was gained."""
    return gain / gain.sum() if gain.sum() > 0 else gain


def borders_of(splits: Iterable[tuple[int, float]]) -> Sequence[tuple[int, NDArray[np.float32]]]:
    """Distinct thresholds by column, in increasing order, of (column, threshold) pairs."""
    found: dict[int, set[float]] = {}
    for column, threshold in splits:
        found.setdefault(column, set()).add(threshold)
    return [(column, np.array(sorted(values), dtype=np.float32)) for column, values in sorted(found.items())]


def float32_floor(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 not above each value (n,): on float32 input `x <= t` then decides as before."""
    single = values.astype(np.float32)
    above = single.astype(np.float64) > values  # compared as float64
    return np.where(above, np.nextafter(single, np.float32(-np.inf)), single)
