"""Walk-forward: train on the past, test on the next block, move on; the final evidence for a model."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits.fold import Fold, enough, known_before, require_rows

LEAST_FOLDS = 6


@dataclass(frozen=True, slots=True)
class WalkForward:
    """Train on the past, test on the next block, move on by one block.

    The first training part is `train_days` long; later ones grow (expanding) or keep that length. Blocks are
    `test_days` long; where that would give more than `max_folds`, they are longer, so that the same rows are tested by
    fewer fits. Training rows are dropped whose span ends within `embargo_bars` bars before the block or later. A range
    too short for six blocks trains on its first half and tests on six equal blocks of the rest.
    """

    train_days: float
    test_days: float
    expanding: bool = True
    embargo_bars: int = 0
    max_folds: int | None = None

    def __post_init__(self) -> None:
        if self.train_days <= 0 or self.test_days <= 0 or self.embargo_bars < 0:
            raise ConfigError(
                f"a walk-forward split cannot be {self}", hint="days are positive, the embargo is not negative"
            )
        if self.max_folds is not None and self.max_folds < 1:
            raise ConfigError(f"max_folds is {self.max_folds}", hint="allow at least one fold")

    @classmethod
    def for_timeframe(
        cls, timeframe: Timeframe, *, expanding: bool = True, max_folds: int | None = None
    ) -> "WalkForward":
        """The usual lengths: 30 and 7 days up to 5m, 180 and 30 up to 4h, 730 and 120 above."""
        if timeframe.ms <= Timeframe.M5.ms:
            train_days, test_days = 30, 7
        elif timeframe.ms <= Timeframe.H4.ms:
            train_days, test_days = 180, 30
        else:
            train_days, test_days = 730, 120
        return cls(train_days, test_days, expanding=expanding, max_folds=max_folds)

    @property
    def name(self) -> str:
        """What `splits_named` calls it."""
        return "walk_forward" if self.expanding else "rolling"

    @property
    def forward(self) -> bool:
        """Every fold trains on the past alone."""
        return True

    def is_short(self, dataset: Dataset) -> bool:
        """Whether the range is too short for six blocks of the set lengths, so that the short-range rule applies.

        `split` does not say so; whoever uses its folds should.
        """
        return self._blocks(dataset) is None

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in order of time; raises NotEnoughSamples under 500 rows or where a training part is left too small."""
        require_rows(dataset)
        edges = self._blocks(dataset)
        train_ms = self.train_days * DAY_MS
        if edges is None:
            first, last = int(dataset.as_of[0]), int(dataset.as_of[-1]) + dataset.timeframe.ms
            edges = np.linspace(_middle(dataset), last, LEAST_FOLDS + 1).astype(np.int64)
            train_ms = float(edges[0] - first)
        folds = []
        for start, end in pairwise(edges.tolist()):
            test = np.flatnonzero((dataset.as_of >= start) & (dataset.as_of < end))
            if not len(test):
                continue  # the market was closed, or its bars are missing
            train = known_before(dataset, int(dataset.as_of[test[0]]), embargo_bars=self.embargo_bars)
            if not self.expanding:
                train = train[dataset.as_of[train] >= start - train_ms]
            folds.append(Fold(enough(train, start), test, start, end))
        return folds

    def first_test(self, dataset: Dataset) -> int:
        """When the first test block begins (ms UTC): what is learned from answers known before it, no test has seen."""
        edges = self._blocks(dataset)
        if edges is not None:
            return int(edges[0])
        return _middle(dataset)

    def _blocks(self, dataset: Dataset) -> NDArray[np.int64] | None:
        """Edges of the test blocks, or None when fewer than six of full length fit."""
        if not len(dataset):
            return None
        last = int(dataset.as_of[-1]) + dataset.timeframe.ms
        start = int(dataset.as_of[0] + self.train_days * DAY_MS)
        count = int(max(last - start, 0) // (self.test_days * DAY_MS))
        if count < LEAST_FOLDS:
            return None
        if self.max_folds is not None and count > self.max_folds:
            return np.linspace(start, last, self.max_folds + 1).astype(np.int64)
        edges = start + (np.arange(count + 1) * self.test_days * DAY_MS).astype(np.int64)
        edges[-1] = last  # what is left over, less than a block, belongs to the last one
        return edges


def _middle(dataset: Dataset) -> int:
    return (int(dataset.as_of[0]) + int(dataset.as_of[-1]) + dataset.timeframe.ms) // 2
