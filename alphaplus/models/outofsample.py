"""Predictions on rows that a model had not seen, with what happened and what the baselines said."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.evaluation.baselines import baselines
from alphaplus.evaluation.classify import class_shares
from alphaplus.evaluation.evidence import UNTOUCHED
from alphaplus.models.model import headline


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """Predictions on rows that were not trained on, in order of time; arrays are (n,), `p` and `base` (n, k).

    `index` is the position in the dataset, `predicted` the probability of up or of the event (or the forecast of a
    regression), `actual` 1.0 up, 0.0 down, NaN neither; or whether the event happened (or the label of a regression).
    `fold` is the number of the fold, -1 in the untouched slice. `base` holds the class shares (or the mean) of the
    training rows of the same fold, on which the baselines were fitted too.
    """

    index: NDArray[np.intp]
    as_of: NDArray[np.int64]
    span_end: NDArray[np.int64]
    instrument_id: NDArray[np.int32]
    y: NDArray[np.float64]
    p: NDArray[np.float64]
    predicted: NDArray[np.float64]
    actual: NDArray[np.float64]
    fold: NDArray[np.int32]
    base: NDArray[np.float64]
    base_rate: NDArray[np.float64]
    persistence: NDArray[np.float64]
    one_lag: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Rows (n,) with a direction (all rows of a regression)."""
        return np.isfinite(self.actual)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def join(cls, *parts: "OutOfSample") -> "OutOfSample":
        """All rows of several parts, ordered by time and instrument."""
        joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        order = np.lexsort((joined["instrument_id"], joined["as_of"]))
        return cls(**{name: values[order] for name, values in joined.items()})

    def rows(self, chosen: NDArray[np.bool_]) -> Self:
        """The chosen rows."""
        return type(self)(**{name: values[chosen] for name, values in self.arrays().items()})


def paths(parts: Sequence[OutOfSample]) -> tuple[OutOfSample, ...]:
    """Complete series of predictions from the parts that folds predicted, in the order of the folds.

    The first series holds each row as the first fold that tested it predicted it, the second as the second did, and so
    on: one series of a walk-forward or k-fold, and of combinatorial folds as many as each block is tested.
    """
    seen = np.zeros(1 + max(int(part.index.max(initial=-1)) for part in parts), dtype=np.intp)
    pieces: dict[int, list[OutOfSample]] = {}
    for part in parts:
        for number in np.unique(seen[part.index]).tolist():
            pieces.setdefault(number, []).append(part.rows(seen[part.index] == number))
        seen[part.index] += 1
    return tuple(OutOfSample.join(*pieces[number]) for number in sorted(pieces))


def out_of_sample(
    dataset: Dataset, p: NDArray[np.float64], *, train: NDArray[np.intp], test: NDArray[np.intp], fold: int = UNTOUCHED
) -> OutOfSample:
    """Predictions `p` (n, k) of the rows at `test`, with baselines fitted on the rows at `train`."""
    past, future = dataset.rows(train), dataset.rows(test)
    regression = dataset.task is Task.REGRESSION
    actual = future.actual
    guesses = baselines(
        past.actual, past.before, future.before, task=dataset.task, directional=dataset.label.directional
    )
    shares = past.y.mean()[None] if regression else class_shares(past.y, classes=dataset.classes)
    return OutOfSample(
        index=test,
        as_of=future.as_of,
        span_end=future.span_end,
        instrument_id=future.instrument_id,
        y=future.y,
        p=p,
        predicted=headline(p, dataset.label),
        actual=actual,
        fold=np.full(len(test), fold, dtype=np.int32),
        base=np.tile(shares, (len(test), 1)),
        **guesses,
    )
