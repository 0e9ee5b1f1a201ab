"""The steps of a training: its folds and its final fit, each done by itself, by any process, with the same result."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import numpy as np

from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.folder import open_dataset
from alphaplus.datasets.splits import Fold, Index
from alphaplus.models.final import final_fit
from alphaplus.models.kept import FinalDone, FoldDone
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import score_fold

FINAL = -1  # number of the step that is the final fit; the folds count from 0

Done: TypeAlias = FoldDone | FinalDone
Rows: TypeAlias = Index | range


@dataclass(frozen=True, slots=True)
class Step:
    """A fold, or the final fit, of one training, light enough to be sent: rows that follow each other are a range."""

    spec: ModelSpec
    number: int
    train: Rows
    test: Rows
    start: int
    end: int

    @classmethod
    def of(cls, spec: ModelSpec, number: int, fold: Fold) -> "Step":
        """The step of a fold."""
        return cls(spec, number, _short(fold.train), _short(fold.test), fold.start, fold.end)

    @property
    def fold(self) -> Fold:
        """The fold with all its positions."""
        return Fold(np.asarray(self.train, dtype=np.intp), np.asarray(self.test, dtype=np.intp), self.start, self.end)


def do_step(step: Step, source: Dataset | Path) -> Done:
    """Do a step on a dataset, or on the one that lies in a folder."""
    dataset = source if isinstance(source, Dataset) else _opened(source)
    begun = perf_counter()
    if step.number == FINAL:
        model, checked = final_fit(step.spec, dataset, step.fold)
        return FinalDone(model, checked, perf_counter() - begun)
    scored, oos = score_fold(step.spec, dataset, step.fold, number=step.number)
    return FoldDone(scored, oos, perf_counter() - begun)


def _short(index: Index) -> Rows:
    first, last = int(index[0]), int(index[-1])
    return range(first, last + 1) if last - first + 1 == len(index) else index


@lru_cache(maxsize=2)
def _opened(folder: Path) -> Dataset:
    """The dataset of a folder, mapped once in a process."""
    return open_dataset(folder)
