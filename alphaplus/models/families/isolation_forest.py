"""How unusual a row is, and what that alone says of the label: an isolation forest with a line on its path length."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaplus.core.enums import InputKind, Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.family import FamilyParams, Fitted, family, get_family, read_params
from alphaplus.models.forest import Forest
from alphaplus.models.forest_graph import graph_after_forest
from alphaplus.models.spec import ModelSpec

LINE = "logistic"  # the family of the line on top
NEVER = 1e6  # standard deviations: path lengths are bounded, so the line needs no clip


class IsolationForestParams(FamilyParams):
    """Parameters of the forest and of the line on its path length."""

    trees: int = Field(100, ge=1, le=1000, description="trees of the forest")
    sample: int = Field(256, ge=2, le=4096, description="rows that each tree grows on, all where there are fewer")
    l2: float = Field(10.0, gt=0, description="penalty on the squared coefficient of the standardised path length")


@family("isolation_forest")
class IsolationForest:
    """Trees that isolate rows without looking at labels, and a penalised line that does.

    The path length is linear in the log-odds (in the scores of more classes, in the value of a regression): unusual
    rows have one label more often, or they have not. It knows no side of a column.
    """

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.json"
    Params = IsolationForestParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedIsolationForest":
        """Grow on the columns alone, then fit the line to the labels of the same rows, by their uniqueness."""
        params = read_params(IsolationForestParams, spec)
        forest = Forest.grow(train.X, trees=params.trees, sample=params.sample, seed=spec.seed)
        lengths = forest.path_length(train.X).astype(np.float32)[:, None]
        rows = replace(train, X=lengths, columns=("path_length",), missing_share=np.zeros(1))
        line = get_family(LINE).fit(rows, replace(spec, family=LINE, params={"l2": params.l2, "clip": NEVER}))
        return FittedIsolationForest(forest, line)

    def load(self, native: bytes) -> "FittedIsolationForest":
        """Read what `native` wrote; raises ValueError when it is something else."""
        try:
            content = json.loads(native)
            line = get_family(LINE).load(content["line"].encode())
            return FittedIsolationForest(Forest.from_json(content["forest"]), line)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an isolation forest") from error


class FittedIsolationForest:
    """A forest, and what was learned of its path length as the only column."""

    def __init__(self, forest: Forest, line: Fitted) -> None:
        self._forest = forest
        self._line = line

    def anomaly(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The anomaly score of the forest (n,) in (0, 1), larger where a row is more unusual."""
        return self._forest.score(x)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return self._line.predict(_column(self._forest.path_length(x)))

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The line before the link (n, k)."""
        return self._line.raw(_column(self._forest.path_length(x)))

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the answers to each column add along the paths (n, k, p + 1), the mean of the training rows last."""
        expected = self._forest.expected
        at, beyond = self._line.raw(_column(np.array([expected, expected + 256.0])))  # two points give a line's slope
        slope = (beyond - at) / 256.0
        out = np.empty((len(x), len(at), x.shape[1] + 1))
        np.multiply(self._forest.steps(x)[:, None, :], slope[None, :, None], out=out[:, :, :-1])
        out[:, :, -1] = at
        return out

    def importance(self) -> NDArray[np.float64]:
        """Share of each column (p,) in the path lengths that the splits explain, whatever the label."""
        return self._forest.gain()

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """The thresholds of every split, by column."""
        return self._forest.borders()

    def native(self) -> bytes:
        """JSON of the forest, the line's own text inside."""
        content = {"forest": self._forest.to_json(), "line": self._line.native().decode()}
        return json.dumps(content, sort_keys=True).encode()

    def to_onnx(self) -> bytes:
        """The forest, then the line's graph."""
        return graph_after_forest(self._forest, self._line.to_onnx(), with_columns=False)


def _column(lengths: NDArray[np.float64]) -> NDArray[np.float32]:
    return lengths.astype(np.float32)[:, None]  # exact: see `forest.STEP`
