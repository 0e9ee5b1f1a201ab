"""What the columns are worth to a model: by how much it gained from each, worsens without it, and is moved by it.

References: Breiman, Random Forests (2001), section 10, for permutation, on later rows here, as time demands; Lundberg
et al., From local explanations to global understanding with explainable AI for trees (2020), for mean absolute SHAP.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import Unexplained
from alphaplus.core.version import LIBRARIES
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import split_calibration
from alphaplus.models.fit import fit
from alphaplus.models.model import Model
from alphaplus.models.spec import ModelSpec

VALIDATION = 0.3  # share of the rows, the latest, that judge
SMALLEST = 1e-12  # probability that a logarithm is taken of
REPEATS = 3
PERMUTED_ROWS = 600
PERMUTED_COLUMNS = 30  # the others gained the model less than these; asking 150 would cost as much as a fold
EXPLAINED_ROWS = 100
LEAST_BLOCKS = 5

Index = NDArray[np.intp]
Predict = Callable[[NDArray[np.float32]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class PermutationImportance:
    """A measure of importance for a selection of columns, by a family with these parameters.

    It fits the family on the earlier of the rows it is given, purged, and gives by how much the loss on the later ones
    (log loss, or mean squared error) grows on average when a column is shuffled among them. Zero or less: no help.
    """

    family: str
    params: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    repeats: int = REPEATS

    def __call__(self, dataset: Dataset, /) -> dict[str, float]:
        """Importance by column."""
        spec = ModelSpec.of(dataset, family=self.family, params=dict(self.params), seed=self.seed)
        learned, judging = split_calibration(dataset, np.arange(len(dataset)), share=VALIDATION)
        fitted, later = fit(spec, dataset.rows(learned)), dataset.rows(judging)
        rng = np.random.default_rng(self.seed)
        return _worsening(
            fitted.predict, later, dataset.columns, order=lambda: rng.permutation(len(later)), repeats=self.repeats
        )

    @property
    def libraries(self) -> tuple[str, ...]:
        """The distributions that hold the library of the family; none where it is our own code."""
        return tuple(name for name in LIBRARIES if name.removesuffix("-cpu") == self.family)

    def to_json(self) -> dict[str, Any]:
        """Plain values, its fields by name."""
        return asdict(self)


def importances(model: Model, unseen: Dataset, *, seed: int = 0) -> dict[str, dict[str, float]]:
    """Importance of a model's columns in three ways, each by column, the most important first.

    `gain`: share of each column in what the fit gained, on the training rows. `permutation`: by how much the loss of
    the calibrated prediction (log loss in nats, or mean squared error) grows on the rows `unseen` when the column is
    permuted in blocks of time, so that it stays the kind of series it was and says nothing of its own time; zero or
    less: no help there. Asked are the 30 columns of the largest gain that have any.
    `shap`: mean |contribution| to the raw output (log-odds of up against down, or the forecast) on unseen rows, nothing
    of a model that cannot explain itself. Long ranges are thinned evenly in time.
    """
    gain = model.importance()
    asked = [name for name, share in gain.items() if share > 0.0][:PERMUTED_COLUMNS]
    rows, step = _thinned(unseen, PERMUTED_ROWS)
    rng = np.random.default_rng(seed)
    worse = _worsening(
        model.predict,
        rows,
        asked,
        order=lambda: block_permutation(rows.instrument_id, block=-(-model.horizon // step), rng=rng),
    )
    return {"gain": gain, "permutation": _ordered(worse), "shap": _ordered(_moved(model, unseen))}


def _moved(model: Model, unseen: Dataset) -> dict[str, float]:
    """Mean |contribution| by column on some unseen rows; none of a model that cannot explain itself."""
    rows, _ = _thinned(unseen, EXPLAINED_ROWS)
    try:
        moved = np.abs(model.explain(rows.X)[:, :-1]).mean(axis=0)
    except Unexplained:
        return {}
    return dict(zip(model.columns, moved.tolist(), strict=True))


def block_permutation(instrument_id: NDArray[np.int32], *, block: int, rng: np.random.Generator) -> Index:
    """Positions (n,) of rows in order of time, each instrument's own cut into blocks that change places.

    Blocks are `block` rows long or the square root of the rows, whichever is more, but there are five at least.
    """
    order = np.arange(len(instrument_id))
    for instrument in np.unique(instrument_id):
        own = np.flatnonzero(instrument_id == instrument)
        length = max(min(max(block, isqrt(len(own))), len(own) // LEAST_BLOCKS), 1)
        blocks = np.split(own, np.arange(length, len(own), length))
        order[own] = np.concatenate([blocks[place] for place in rng.permutation(len(blocks))])
    return order


def _worsening(
    predict: Predict, rows: Dataset, columns: Sequence[str], *, order: Callable[[], Index], repeats: int = REPEATS
) -> dict[str, float]:
    """By how much the loss on `rows` grows on average when a column is put into a drawn order (n,), by column."""
    base = _loss(predict(rows.X), rows)
    found = {}
    for column in columns:
        place = rows.columns.index(column)
        worse = 0.0
        for _ in range(repeats):
            permuted = rows.X.copy()
            permuted[:, place] = permuted[order(), place]
            worse += _loss(predict(permuted), rows) - base
        found[column] = worse / repeats
    return found


def _thinned(rows: Dataset, most: int) -> tuple[Dataset, int]:
    """The rows of every so many-th time, about `most` of them, and how many that is."""
    step = -(-len(rows) // most)
    return rows.rows(np.isin(rows.as_of, np.unique(rows.as_of)[::step])), step


def _ordered(values: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(values.items(), key=lambda item: -item[1]))


def _loss(predicted: NDArray[np.float64], rows: Dataset) -> float:
    if rows.task is Task.REGRESSION:
        return float(np.mean((predicted[:, 0] - rows.y) ** 2))
    right = predicted[np.arange(len(rows)), np.searchsorted(rows.classes, rows.y)]
    return float(-np.mean(np.log(np.maximum(right, SMALLEST))))
