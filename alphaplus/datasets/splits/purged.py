"""Purged k-fold and combinatorial purged cross-validation: every part of the range is tested, some by its future.

They choose among models and show how much a result depends on the period; they are no final evidence, because a fold
may learn from what came after its test.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits.fold import Fold, Index, enough, require_rows


@dataclass(frozen=True, slots=True)
class PurgedKFold:
    """Consecutive blocks of equal row count, each tested once by all the others.

    Training rows are dropped whose span meets the test block, and those that start within the embargo after its last
    answer: the horizon or 1 % of the bars of the whole range, whichever is longer, unless `embargo_bars` says
    otherwise. With `tested_from` (ms UTC) the blocks are of the rows since then, and the earlier ones are only trained
    on: something was fitted on those before, such as a selection of columns.
    """

    folds: int = 5
    embargo_bars: int | None = None
    tested_from: int | None = None

    def __post_init__(self) -> None:
        _check(self.folds, 1, self.embargo_bars)

    @property
    def name(self) -> str:
        """What `splits_named` calls it."""
        return "kfold"

    @property
    def forward(self) -> bool:
        """Folds train on the future of their test too."""
        return False

    def is_short(self, _dataset: Dataset) -> bool:
        """Blocks have no usual length."""
        return False

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in order of time; raises NotEnoughSamples under 500 rows or where a training part is left too small."""
        return _folds(
            dataset, blocks=self.folds, tested=1, embargo_bars=self.embargo_bars, tested_from=self.tested_from
        )


@dataclass(frozen=True, slots=True)
class CombinatorialPurged:
    """Every choice of `tested` out of `blocks` consecutive blocks is tested by the others, purged as in PurgedKFold.

    With 6 blocks and 2 of them tested that is 15 folds; every block is tested 5 times, so that the predictions make
    five complete out-of-sample series (`models.outofsample.paths`). Lopez de Prado 2018, chapter 12.
    """

    blocks: int = 6
    tested: int = 2
    embargo_bars: int | None = None

    def __post_init__(self) -> None:
        _check(self.blocks, self.tested, self.embargo_bars)

    @property
    def name(self) -> str:
        """What `splits_named` calls it."""
        return "combinatorial"

    @property
    def forward(self) -> bool:
        """Folds train on the future of their test too."""
        return False

    def is_short(self, _dataset: Dataset) -> bool:
        """Blocks have no usual length."""
        return False

    def split(self, dataset: Dataset) -> list[Fold]:
        """Folds in lexicographic order of the tested blocks; raises NotEnoughSamples as PurgedKFold does."""
        return _folds(dataset, blocks=self.blocks, tested=self.tested, embargo_bars=self.embargo_bars)


def _check(blocks: int, tested: int, embargo_bars: int | None) -> None:
    if not 1 <= tested < blocks or (embargo_bars or 0) < 0:
        raise ConfigError(
            f"{blocks} blocks of which {tested} are tested, with an embargo of {embargo_bars} bars, make no split",
            hint="test at least one block and leave at least one to train on; an embargo is not negative",
        )


def _folds(
    dataset: Dataset, *, blocks: int, tested: int, embargo_bars: int | None, tested_from: int | None = None
) -> list[Fold]:
    """Folds of every choice of `tested` among `blocks` of equal row count; rows of one time stay together."""
    require_rows(dataset)
    embargo_ms = (_usual_embargo(dataset) if embargo_bars is None else embargo_bars) * dataset.timeframe.ms
    times = dataset.as_of if tested_from is None else dataset.as_of[dataset.as_of >= tested_from]
    begins = times[np.arange(blocks) * len(times) // blocks] if len(times) else times
    edges = [*begins.tolist(), int(dataset.as_of[-1]) + dataset.timeframe.ms]
    if len(set(edges)) <= blocks:
        raise NotEnoughSamples(f"the rows lie at too few times for {blocks} blocks", hint="widen the date range")
    ranges = list(pairwise(edges))
    rows = [np.flatnonzero((dataset.as_of >= start) & (dataset.as_of < end)) for start, end in ranges]
    apart = [_apart(dataset, block, embargo_ms=embargo_ms) for block in rows]
    folds = []
    for chosen in combinations(range(blocks), tested):
        train = np.flatnonzero(np.logical_and.reduce([apart[number] for number in chosen]))
        test = np.concatenate([rows[number] for number in chosen])
        start = ranges[chosen[0]][0]
        folds.append(Fold(enough(train, start), test, start, ranges[chosen[-1]][1]))
    return folds


def _apart(dataset: Dataset, block: Index, *, embargo_ms: int) -> NDArray[np.bool_]:
    """Whether each row (n,) was answered before the block began, or begins after its answers and the embargo."""
    resolved = int(dataset.span_end[block].max())
    answered = dataset.span_end < dataset.as_of[block[0]]
    return np.asarray(answered | (dataset.as_of > resolved + embargo_ms))


def _usual_embargo(dataset: Dataset) -> int:
    """The horizon or 1 % of the bars of the whole range, whichever is longer."""
    bars_in_range = int(dataset.as_of[-1] - dataset.as_of[0]) // dataset.timeframe.ms + 1
    return max(dataset.label.horizon, -(-bars_in_range // 100))
