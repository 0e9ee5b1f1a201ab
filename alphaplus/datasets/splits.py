"""Splits in time: train on the past, leave out what touches the test, score the future.

A label is known only at the end of its span, so a training row whose span reaches into the test block has seen part of
the answers there. Such rows are dropped (purge), for all instruments alike, because markets move together; an embargo
leaves out more. Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS, Timeframe
from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset

LEAST_ROWS = 500
LEAST_TRAIN_ROWS = 100
LEAST_FOLDS = 6

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fold:
    """Positions of training and test rows, and the half-open range of `as_of` (ms UTC) that the test covers."""

    train: Index
    test: Index
    start: int
    end: int


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

    def is_short(self, dataset: Dataset) -> bool:
        """Whether the range is too short for six blocks of the set lengths, so that the short-range rule applies.

        `split` does not say so; whoever uses its folds should.
        """
        return self._blocks(dataset) is None

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in order of time; raises NotEnoughSamples under 500 rows or where a training part is left too small."""
        if len(dataset) < LEAST_ROWS:
            raise NotEnoughSamples(
                f"{len(dataset)} rows cannot be split into training and test parts",
                hint=f"at least {LEAST_ROWS} are needed: widen the date range or use a shorter timeframe",
            )
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
            train = _before(dataset, int(dataset.as_of[test[0]]), embargo_bars=self.embargo_bars)
            if not self.expanding:
                train = train[dataset.as_of[train] >= start - train_ms]
            folds.append(Fold(_enough(train, start), test, start, end))
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


@dataclass(frozen=True, slots=True)
class PurgedKFold:
    """Consecutive blocks of equal row count, each tested once by all the others.

    Training rows are dropped whose span meets the test block, and those that start within the embargo after it: the
    horizon or 1 % of the bars of the whole range, whichever is longer, unless `embargo_bars` says otherwise. Training
    rows may lie after the test block: good for choosing among models, not for final evidence.
    """

    folds: int = 5
    embargo_bars: int | None = None

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in order of time; raises NotEnoughSamples under 500 rows or where a training part is left too small."""
        if len(dataset) < LEAST_ROWS:
            raise NotEnoughSamples(f"{len(dataset)} rows, and {LEAST_ROWS} are needed", hint="widen the date range")
        bar = dataset.timeframe.ms
        embargo = self.embargo_bars
        if embargo is None:
            bars_in_range = int(dataset.as_of[-1] - dataset.as_of[0]) // bar + 1
            embargo = max(dataset.label.horizon, -(-bars_in_range // 100))
        cuts = dataset.as_of[np.arange(1, self.folds) * len(dataset) // self.folds]
        edges = [int(dataset.as_of[0]), *cuts.tolist(), int(dataset.as_of[-1]) + dataset.timeframe.ms]
        folds = []
        for start, end in pairwise(edges):
            test = np.flatnonzero((dataset.as_of >= start) & (dataset.as_of < end))
            resolved = int(dataset.span_end[test].max())
            before = dataset.span_end < start
            after = dataset.as_of > resolved + embargo * bar
            folds.append(Fold(_enough(np.flatnonzero(before | after), start), test, start, end))
        return folds


def holdout(dataset: Dataset, share: float = 0.2) -> Fold:
    """The last `share` of the rows, untouched, and the rows before whose spans end before it begins."""
    if len(dataset) < LEAST_ROWS:
        raise NotEnoughSamples(
            f"{len(dataset)} rows cannot spare an untouched part",
            hint=f"at least {LEAST_ROWS} are needed: widen the date range or use a shorter timeframe",
        )
    start = _cut(dataset.as_of, share)
    train = _before(dataset, start)
    return Fold(
        _enough(train, start),
        np.flatnonzero(dataset.as_of >= start),
        start,
        int(dataset.as_of[-1]) + dataset.timeframe.ms,
    )


def split_calibration(dataset: Dataset, index: Index, share: float = 0.2) -> tuple[Index, Index]:
    """Split training rows into those to fit on and the latest `share` of them, to calibrate on.

    Spans of the former end before the latter begin. Raises NotEnoughSamples where fewer than 100 are left to fit on.
    """
    ordered = np.sort(index)
    if len(ordered) < LEAST_TRAIN_ROWS:
        raise NotEnoughSamples(f"{len(ordered)} training rows, and {LEAST_TRAIN_ROWS} are needed")
    start = _cut(dataset.as_of[ordered], share)
    fit = ordered[dataset.span_end[ordered] < start]
    return _enough(fit, start), ordered[dataset.as_of[ordered] >= start]


def _middle(dataset: Dataset) -> int:
    return (int(dataset.as_of[0]) + int(dataset.as_of[-1]) + dataset.timeframe.ms) // 2


def _cut(as_of: NDArray[np.int64], share: float) -> int:
    if not 0.0 < share < 1.0:
        raise ConfigError(f"a share of {share} cannot be split off", hint="it lies between 0 and 1")
    return int(as_of[min(int(np.ceil(len(as_of) * (1.0 - share))), len(as_of) - 1)])


def _before(dataset: Dataset, start: int, *, embargo_bars: int = 0) -> Index:
    """Rows whose answer was known before `start`, and before the embargo."""
    return np.flatnonzero(dataset.span_end < start - embargo_bars * dataset.timeframe.ms)


def _enough(train: Index, start: int) -> Index:
    if len(train) < LEAST_TRAIN_ROWS:
        raise NotEnoughSamples(
            f"only {len(train)} rows are left to train on before {np.datetime64(start, 'ms')}",
            hint=f"at least {LEAST_TRAIN_ROWS} are needed: widen the range, or shorten the horizon or the embargo",
        )
    return train
