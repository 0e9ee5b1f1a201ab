"""Models that came as ONNX: they predict and are kept like any other, but nothing can be learned or explained."""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import InputKind, Task
from alphaplus.core.errors import ArtifactCorrupt, ConfigError, Unexplained
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.family import FamilyParams, family
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.spec import ModelSpec


class OnnxParams(FamilyParams):
    """A graph has no parameters."""


@family("onnx")
class Onnx:
    """Graphs that were made elsewhere: `alphaplus models import` brings them in."""

    name: str
    input = InputKind.TABLE
    tasks: frozenset[Task] = frozenset()
    native_file = "model.onnx"
    Params = OnnxParams

    def fit(self, train: Dataset, spec: ModelSpec) -> NoReturn:
        """Raise ConfigError: a graph is not learned here."""
        raise ConfigError("an ONNX graph learns nothing", hint="train another family")

    def load(self, native: bytes) -> "FittedOnnx":
        """Read a graph of the form that `models.convert.trimmed` gives; raises ValueError when it is something else."""
        try:
            return FittedOnnx(native)
        except ArtifactCorrupt as error:
            raise ValueError(str(error)) from error


class FittedOnnx:
    """A graph that is its own native form."""

    column_names: tuple[str, ...] = ()

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._graph = OnnxModel(content)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, classes), or values (n, 1)."""
        return self._graph.run(x).astype(np.float64)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raise Unexplained: what lies before the output is not known."""
        raise Unexplained("a model that came as ONNX has no raw output", hint="import its native file instead")

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raise Unexplained."""
        raise Unexplained("a model that came as ONNX cannot explain itself", hint="import its native file instead")

    def importance(self) -> NDArray[np.float64]:
        """All zero (p,): not known."""
        return np.zeros(self._graph.columns)

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """Not known, and not needed: the graph that serves is the model itself."""
        return ()

    def native(self) -> bytes:
        """The graph."""
        return self._content

    def to_onnx(self) -> bytes:
        """The same graph."""
        return self._content
