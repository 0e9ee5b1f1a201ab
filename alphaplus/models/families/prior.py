"""The baseline that all must beat: the shares of the classes, or the mean, whatever the features say."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import InputKind, Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.convert import Step, graph_of
from alphaplus.models.family import FamilyParams, family, read_params
from alphaplus.models.onnx import INPUT
from alphaplus.models.spec import ModelSpec

SMOOTHING = 1.0  # rows added to each class, so that no class has probability zero


class PriorParams(FamilyParams):
    """The prior has no parameters."""


@family("prior")
class Prior:
    """Weighted class shares or the weighted mean of the training rows."""

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.json"
    Params = PriorParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedPrior":
        """Average the training rows."""
        read_params(PriorParams, spec)
        if train.task is Task.REGRESSION:
            output = np.array([np.average(train.y, weights=train.weight)])
        else:
            counts = np.array([np.sum(train.weight[train.y == value]) for value in train.classes]) + SMOOTHING
            output = counts / counts.sum()
        return FittedPrior(train.task, len(train.columns), output.astype(np.float32))

    def load(self, native: bytes) -> "FittedPrior":
        """Read what `native` wrote; raises ValueError when it is something else."""
        try:
            content = json.loads(native)
            return FittedPrior(Task(content["task"]), int(content["columns"]), np.array(content["output"], np.float32))
        except (KeyError, TypeError) as error:
            raise ValueError("not a prior") from error


class FittedPrior:
    """One constant output."""

    def __init__(self, task: Task, columns: int, output: NDArray[np.float32]) -> None:
        self._task = task
        self._columns = columns
        self._output = output

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same row for everyone (n, outputs)."""
        return np.tile(self._output.astype(np.float64), (len(x), 1))

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The output before the link (n, k)."""
        output = self._output.astype(np.float64)
        if self._task is Task.BINARY:
            output = np.log(output[1:] / output[:1])
        elif self._task is Task.MULTICLASS:
            output = np.log(output)
        return np.tile(output, (len(x), 1))

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """All zero but the bias (n, k, p + 1)."""
        raw = self.raw(x)
        out = np.zeros((len(x), raw.shape[1], self._columns + 1))
        out[:, :, -1] = raw
        return out

    def importance(self) -> NDArray[np.float64]:
        """No column matters (p,)."""
        return np.zeros(self._columns)

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """A constant has none."""
        return ()

    def native(self) -> bytes:
        """JSON with sorted keys."""
        content = {"task": self._task.value, "columns": self._columns, "output": self._output.tolist()}
        return json.dumps(content, sort_keys=True).encode()

    def to_onnx(self) -> bytes:
        """The constant, repeated for each row."""
        steps: list[Step] = [
            ("Shape", [INPUT], "rows", {"start": 0, "end": 1}),
            ("Concat", ["rows", "one"], "shape", {"axis": 0}),
            ("Expand", ["output", "shape"], "Y", {}),
        ]
        constants: dict[str, NDArray[Any]] = {"output": self._output[None, :], "one": np.array([1], dtype=np.int64)}
        return graph_of(steps, constants, columns=self._columns, outputs=len(self._output))
