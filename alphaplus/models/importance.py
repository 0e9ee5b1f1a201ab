"""Permutation importance: how much worse a model becomes when a column is shuffled, on rows that it did not learn from.

Reference: Breiman, Random Forests (2001), section 10; on later rows here, as time demands.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import split_calibration
from alphaplus.models.fit import fit
from alphaplus.models.spec import ModelSpec

VALIDATION = 0.3  # share of the rows, the latest, that judge
SMALLEST = 1e-12  # probability that a logarithm is taken of


def permutation_importance(
    family: str, *, params: Mapping[str, object] | None = None, seed: int = 0, repeats: int = 3
) -> Callable[[Dataset], dict[str, float]]:
    """A measure of importance for a selection of columns.

    It fits the family on the earlier of the rows it is given, purged, and gives by how much the loss on the later ones
    (log loss, or mean squared error) grows on average when a column is shuffled among them. Zero or less: no help.
    """

    def measure(dataset: Dataset) -> dict[str, float]:
        spec = ModelSpec.of(dataset, family=family, params=dict(params or {}), seed=seed)
        learned, judging = split_calibration(dataset, np.arange(len(dataset)), share=VALIDATION)
        fitted, later = fit(spec, dataset.rows(learned)), dataset.rows(judging)
        base = _loss(fitted.predict(later.X), later)
        rng = np.random.default_rng(seed)
        found = {}
        for place, column in enumerate(dataset.columns):
            worse = 0.0
            for _ in range(repeats):
                shuffled = later.X.copy()
                rng.shuffle(shuffled[:, place])
                worse += _loss(fitted.predict(shuffled), later) - base
            found[column] = worse / repeats
        return found

    return measure


def _loss(predicted: NDArray[np.float64], rows: Dataset) -> float:
    if rows.task is Task.REGRESSION:
        return float(np.mean((predicted[:, 0] - rows.y) ** 2))
    right = predicted[np.arange(len(rows)), np.searchsorted(rows.classes, rows.y)]
    return float(-np.mean(np.log(np.maximum(right, SMALLEST))))
