"""A fold: what is trained on and what is tested; and what every way of splitting must offer."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import NotEnoughSamples
from alphaplus.datasets.dataset import Dataset

LEAST_ROWS = 500
LEAST_TRAIN_ROWS = 100

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fold:
    """Positions of training and test rows, and the half-open range of `as_of` (ms UTC) that the test lies in.

    A test of several blocks does not fill that range.
    """

    train: Index
    test: Index
    start: int
    end: int


class Splits(Protocol):
    """A way to split a dataset into folds."""

    @property
    def name(self) -> str:
        """What `splits_named` calls it."""
        ...

    @property
    def forward(self) -> bool:
        """Whether every fold trains on nothing but the past of what it tests, so that gates may judge by it."""
        ...

    def is_short(self, dataset: Dataset) -> bool:
        """Whether the range is too short for folds of the usual length; whoever uses them should say so."""
        ...

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in a fixed order; raises NotEnoughSamples where a range is too short for them."""
        ...


def require_rows(dataset: Dataset) -> None:
    """Raise NotEnoughSamples for a dataset of fewer than 500 rows."""
    if len(dataset) < LEAST_ROWS:
        raise NotEnoughSamples(
            f"{len(dataset)} rows cannot be split into training and test parts",
            hint=f"at least {LEAST_ROWS} are needed: widen the date range or use a shorter timeframe",
        )


def known_before(dataset: Dataset, start: int, *, embargo_bars: int = 0) -> Index:
    """Rows whose answer was known before `start`, and before the embargo."""
    return np.flatnonzero(dataset.span_end < start - embargo_bars * dataset.timeframe.ms)


def enough(train: Index, start: int) -> Index:
    """The training rows of the test that begins at `start`; raises NotEnoughSamples under 100 of them."""
    if len(train) < LEAST_TRAIN_ROWS:
        raise NotEnoughSamples(
            f"only {len(train)} rows are left to train on for the test from {np.datetime64(start, 'ms')}",
            hint=f"at least {LEAST_TRAIN_ROWS} are needed: widen the range, or shorten the horizon or the embargo",
        )
    return train
