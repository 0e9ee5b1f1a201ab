"""Permutation importance: how much worse a model becomes when a column is shuffled, on rows that it did not learn from.

Reference: Breiman, Random Forests (2001), section 10; on later rows here, as time demands.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import split_calibration
from alphaplus.models.fit import fit
from alphaplus.models.spec import ModelSpec

VALIDATION = 0.3  # share of the rows, the latest, that judge
SMALLEST = 1e-12  # probability that a logarithm is taken of


@dataclass(frozen=True, slots=True)
class PermutationImportance:
    """A measure of importance for a selection of columns, by a family with these parameters.

    It fits the family on the earlier of the rows it is given, purged, and gives by how much the loss on the later ones
    (log loss, or mean squared error) grows on average when a column is shuffled among them. Zero or less: no help.
    """

    family: str
    params: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    repeats: int = 3

    def __call__(self, dataset: Dataset, /) -> dict[str, float]:
        """Importance by column."""
        spec = ModelSpec.of(dataset, family=self.family, params=dict(self.params), seed=self.seed)
        learned, judging = split_calibration(dataset, np.arange(len(dataset)), share=VALIDATION)
        fitted, later = fit(spec, dataset.rows(learned)), dataset.rows(judging)
        base = _loss(fitted.predict(later.X), later)
        rng = np.random.default_rng(self.seed)
        found = {}
        for place, column in enumerate(dataset.columns):
            worse = 0.0
            for _ in range(self.repeats):
                shuffled = later.X.copy()
                rng.shuffle(shuffled[:, place])
                worse += _loss(fitted.predict(shuffled), later) - base
            found[column] = worse / self.repeats
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain values, its fields by name."""
        return asdict(self)


def _loss(predicted: NDArray[np.float64], rows: Dataset) -> float:
    if rows.task is Task.REGRESSION:
        return float(np.mean((predicted[:, 0] - rows.y) ** 2))
    right = predicted[np.arange(len(rows)), np.searchsorted(rows.classes, rows.y)]
    return float(-np.mean(np.log(np.maximum(right, SMALLEST))))
