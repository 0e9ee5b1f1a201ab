"""The anomaly column: how unusual a row is, by a forest grown on the training rows, as one more column to learn from.

What the column adds to an output is handed on to the columns that made the row unusual, so a model explains itself by
the columns of its features alone: in proportion to how far the answers to each moved the path length, up or down.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.family import Family, Fitted
from alphaplus.models.forest import Forest
from alphaplus.models.forest_graph import graph_after_forest
from alphaplus.models.spec import ModelSpec

COLUMN = "anomaly"
TREES, SAMPLE = 100, 256  # as Liu et al. recommend


@runtime_checkable
class ScoresAnomaly(Protocol):
    """A fitted model that can also say how unusual a row is."""

    def anomaly(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Anomaly score (n,) in (0, 1), larger where a row of x (n, p) is more unusual."""
        ...


def fit_with_anomaly(family: Family, train: Dataset, spec: ModelSpec) -> "WithAnomaly":
    """Grow a forest on the rows of `train`, append its path length as column `anomaly`, and fit the family.

    The columns are copied for that. Raises ConfigError where a column has that name already.
    """
    if COLUMN in train.columns:
        raise ConfigError(f"there is a column {COLUMN!r} already", hint="train without the anomaly column")
    forest = Forest.grow(train.X, trees=TREES, sample=SAMPLE, seed=spec.seed)
    wider = replace(
        train,
        X=_appended(forest, train.X),
        columns=(*train.columns, COLUMN),
        missing_share=np.append(train.missing_share, 0.0),
    )
    return WithAnomaly(forest, family.fit(wider, spec))


def load_with_anomaly(family: Family, native: bytes) -> "WithAnomaly":
    """Read what `WithAnomaly.native` wrote; raises ValueError when it is something else."""
    try:
        content = json.loads(native)
        return WithAnomaly(Forest.from_json(content["forest"]), family.load(b64decode(content["model"], validate=True)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a model with an anomaly column") from error


class WithAnomaly:
    """A forest, and a fitted model that reads its path length beside the columns."""

    def __init__(self, forest: Forest, inner: Fitted) -> None:
        self._forest = forest
        self._inner = inner

    def anomaly(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The anomaly score of the forest (n,) in (0, 1), larger where a row is more unusual."""
        return self._forest.score(x)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return self._inner.predict(_appended(self._forest, x))

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The output before the link (n, k)."""
        return self._inner.raw(_appended(self._forest, x))

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Those of the model (n, k, p + 1); the anomaly column's part goes to the columns by their steps.

        A row of which no column moved the path length has its part in the bias.
        """
        found = self._inner.contributions(_appended(self._forest, x))
        columns, handed, bias = np.split(found, [x.shape[1], x.shape[1] + 1], axis=2)
        steps = np.abs(self._forest.steps(x))
        moved = steps.sum(axis=1, keepdims=True)
        shares = np.divide(steps, moved, out=np.zeros_like(steps), where=moved > 0.0)
        bias += handed * (moved[:, None, :] == 0.0)
        return np.concatenate([columns + handed * shares[:, None, :], bias], axis=2)

    def importance(self) -> NDArray[np.float64]:
        """Share of each column (p,); the anomaly column's share goes to the columns by their gain in the forest."""
        found = self._inner.importance()
        gain = self._forest.gain()
        shares = found[:-1] + found[-1] * gain
        total = float(shares.sum())
        return np.asarray(shares / total if total > 0.0 else shares)

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """Thresholds of forest and model by column, without those on the path length, which is exact in both."""
        values: dict[int, list[NDArray[np.float32]]] = {}
        for column, found in (*self._forest.borders(), *self._inner.borders()):
            if column < self._forest.columns:
                values.setdefault(column, []).append(found)
        return [(column, np.unique(np.concatenate(found))) for column, found in sorted(values.items())]

    def native(self) -> bytes:
        """JSON of the forest, the model's own file inside, in base64 since it need not be text."""
        content = {"forest": self._forest.to_json(), "model": b64encode(self._inner.native()).decode()}
        return json.dumps(content, sort_keys=True).encode()

    def to_onnx(self) -> bytes:
        """The forest, then the model's graph on the columns and the path length."""
        return graph_after_forest(self._forest, self._inner.to_onnx(), with_columns=True)


def _appended(forest: Forest, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows (n, p + 1) with their path length, exact in float32, as the last column."""
    out = np.empty((len(x), x.shape[1] + 1), dtype=np.float32)
    out[:, :-1] = x
    out[:, -1] = forest.path_length(x)
    return out
