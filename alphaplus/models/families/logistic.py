"""The linear model: logistic regression for directions, ridge regression for values."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from alphaplus.core.enums import InputKind, Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.convert import Step, graph_of
from alphaplus.models.family import FamilyParams, family, read_params
from alphaplus.models.linear import linked, logistic, ridge
from alphaplus.models.onnx import INPUT
from alphaplus.models.search import Search
from alphaplus.models.spec import ModelSpec

TINY = 1e-30  # a spread whose inverse is near the end of float32


class LogisticParams(FamilyParams):
    """Parameters of the linear model."""

    l2: Annotated[float, Search(1.0, 10_000.0, log=True)] = Field(
        100.0,
        gt=0,
        description="penalty on squared coefficients: a column is expected to move the log-odds by 1/sqrt(l2)",
    )
    clip: Annotated[float, Search(1.0, 10.0)] = Field(
        5.0, gt=0, description="standardised columns are cut at this many standard deviations"
    )


@family("logistic")
class Logistic:
    """Penalised likelihood on standardised columns, by Newton's method; ridge regression where the label is a value."""

    name: str
    input = InputKind.TABLE
    tasks = frozenset(Task)
    native_file = "model.json"
    Params = LogisticParams

    def fit(self, train: Dataset, spec: ModelSpec) -> "FittedLinear":
        """Learn from every row, weighted by its uniqueness; rows count as many as are independent.

        Coefficients are kept as float32, as ONNX has them.
        """
        params = read_params(LogisticParams, spec)
        weight = train.weight * (train.n_eff / train.weight.sum())
        mean, gain = _standardise(train.X, weight)
        z = _scaled(train.X, mean, gain, params.clip)
        if train.task is Task.REGRESSION:
            coefficients = ridge(z, train.y, weight=weight, l2=params.l2)
        else:
            indicator = (train.y[:, None] == np.array(train.classes)).astype(np.float64)
            coefficients = logistic(z, indicator, weight=weight, l2=params.l2)
        return FittedLinear(train.task, mean, gain, params.clip, coefficients.astype(np.float32))

    def load(self, native: bytes) -> "FittedLinear":
        """Read what `native` wrote; raises ValueError when it is something else."""
        try:
            content = json.loads(native)
            mean, gain, coefficients = (np.array(content[key], np.float32) for key in ("mean", "gain", "coefficients"))
            return FittedLinear(Task(content["task"]), mean, gain, float(content["clip"]), coefficients)
        except (KeyError, TypeError) as error:
            raise ValueError("not a linear model") from error


class FittedLinear:
    """Scaling (p,), clip and coefficients (k, p + 1), the last column the bias; one row of them for two classes."""

    def __init__(
        self,
        task: Task,
        mean: NDArray[np.float32],
        gain: NDArray[np.float32],
        clip: float,
        coefficients: NDArray[np.float32],
    ) -> None:
        self._task = task
        self._mean = mean
        self._gain = gain
        self._clip = clip
        self._coefficients = coefficients

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return linked(self.raw(x), task=self._task)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The linear function (n, k)."""
        total: NDArray[np.float64] = np.sum(self.contributions(x), axis=2)
        return total

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Coefficient times standardised column (n, k, p + 1), the bias last."""
        coefficients = self._coefficients.astype(np.float64)
        out = np.empty((len(x), *coefficients.shape))
        z = _scaled(x, self._mean, self._gain, self._clip)
        np.multiply(z[:, None, :], coefficients[None, :, :-1], out=out[:, :, :-1])
        out[:, :, -1] = coefficients[:, -1]
        return out

    def importance(self) -> NDArray[np.float64]:
        """Share of the absolute coefficients of the standardised columns (p,)."""
        size: NDArray[np.float64] = np.sum(np.abs(self._coefficients[:, :-1].astype(np.float64)), axis=0)
        return size / size.sum() if size.sum() > 0 else size

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """A linear function has none."""
        return ()

    def native(self) -> bytes:
        """JSON with sorted keys; float32 values survive it exactly."""
        content = {
            "task": self._task.value,
            "mean": self._mean.tolist(),
            "gain": self._gain.tolist(),
            "clip": self._clip,
            "coefficients": self._coefficients.tolist(),
        }
        return json.dumps(content, sort_keys=True).encode()

    def to_onnx(self) -> bytes:
        """Scale, clip, multiply, link.

        In this direction ONNX Runtime's matrix product gives a row the same bits whatever the number of rows; a
        product of the transposes, or ReduceSum, does not (measured).
        """
        rows, columns = len(self._coefficients), len(self._mean)
        constants: dict[str, NDArray[Any]] = {
            "mean": self._mean[None, :],
            "gain": self._gain[None, :],
            "low": np.array(-self._clip, dtype=np.float32),
            "high": np.array(self._clip, dtype=np.float32),
            "weight": np.ascontiguousarray(self._coefficients[:, :-1].T),
            "bias": self._coefficients[:, -1],
        }
        steps: list[Step] = [
            ("Sub", [INPUT, "mean"], "centred", {}),
            ("Mul", ["centred", "gain"], "scaled", {}),
            ("Clip", ["scaled", "low", "high"], "clipped", {}),
            ("Gemm", ["clipped", "weight", "bias"], "raw", {}),
        ]
        if self._task is Task.REGRESSION:
            steps.append(("Identity", ["raw"], "Y", {}))
        elif self._task is Task.BINARY:
            steps.append(("Neg", ["raw"], "against", {}))
            steps.append(("Concat", ["against", "raw"], "both", {"axis": 1}))
            steps.append(("Sigmoid", ["both"], "Y", {}))
        else:
            steps.append(("Softmax", ["raw"], "Y", {"axis": 1}))
        outputs = 2 if self._task is Task.BINARY else rows
        return graph_of(steps, constants, columns=columns, outputs=outputs)


def _standardise(
    x: NDArray[np.float32], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted mean and inverse standard deviation of the columns; a constant column gets gain 0."""
    mean = np.asarray(np.average(x, axis=0, weights=weight))
    spread = np.sqrt(np.asarray(np.average((x.astype(np.float64) - mean) ** 2, axis=0, weights=weight)))
    constant = (np.ptp(x, axis=0) == 0.0) | (spread < TINY)
    gain = np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, spread))
    return mean.astype(np.float32), gain.astype(np.float32)


def _scaled(
    x: NDArray[np.float32], mean: NDArray[np.float32], gain: NDArray[np.float32], clip: float
) -> NDArray[np.float64]:
    z: NDArray[np.float64] = np.clip((x.astype(np.float64) - mean) * gain.astype(np.float64), -clip, clip)
    return z
