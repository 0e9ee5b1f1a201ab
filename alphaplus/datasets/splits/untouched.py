"""Rows kept for later: the hold-out of a training, and the latest training rows, to calibrate on."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits.fold import LEAST_TRAIN_ROWS, Fold, Index, enough, known_before, require_rows


def holdout(dataset: Dataset, share: float = 0.2) -> Fold:
    """The last `share` of the rows, untouched, and the rows before whose spans end before it begins."""
    require_rows(dataset)
    start = _cut(dataset.as_of, share)
    train = known_before(dataset, start)
    return Fold(
        enough(train, start),
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
    return enough(fit, start), ordered[dataset.as_of[ordered] >= start]


def _cut(as_of: NDArray[np.int64], share: float) -> int:
    if not 0.0 < share < 1.0:
        raise ConfigError(f"a share of {share} cannot be split off", hint="it lies between 0 and 1")
    return int(as_of[min(int(np.ceil(len(as_of) * (1.0 - share))), len(as_of) - 1)])
