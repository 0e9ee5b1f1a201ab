"""Splits in time: train on what was known, leave out what touches the test, score the rest.

A label is known only at the end of its span, so a training row whose span reaches into the test block has seen part of
the answers there. Such rows are dropped (purge), for all instruments alike, because markets move together; an embargo
leaves out more. Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12.
"""

from alphaplus.datasets.splits.fold import LEAST_ROWS, LEAST_TRAIN_ROWS, Fold, Index, Splits
from alphaplus.datasets.splits.named import SPLITS, splits_named
from alphaplus.datasets.splits.purged import CombinatorialPurged, PurgedKFold
from alphaplus.datasets.splits.untouched import holdout, split_calibration
from alphaplus.datasets.splits.walk_forward import LEAST_FOLDS, WalkForward

__all__ = [
    "LEAST_FOLDS",
    "LEAST_ROWS",
    "LEAST_TRAIN_ROWS",
    "SPLITS",
    "CombinatorialPurged",
    "Fold",
    "Index",
    "PurgedKFold",
    "Splits",
    "WalkForward",
    "holdout",
    "split_calibration",
    "splits_named",
]
