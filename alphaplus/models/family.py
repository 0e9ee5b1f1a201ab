"""The contract of a model family, and the catalog of families.

A family is one file in `models/families/`: a class with the decorator `@family`. What it learns is a `Fitted`: a small
object that predicts, explains itself, and writes itself in a format of its own (the native file) and as ONNX. Nothing
is pickled.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from alphaplus.core.catalog import Catalog
from alphaplus.core.enums import InputKind, Task
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.datasets.dataset import Dataset
from alphaplus.models.spec import ModelSpec


class FamilyParams(BaseModel):
    """Parameters of a family: frozen, with defaults and descriptions, refusing names they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fitted(Protocol):
    """What a family learned. X is (n, p) float32 in the order of the dataset's columns."""

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Uncalibrated probabilities (n, classes) that sum to one, or values (n, 1) of a regression."""
        ...

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """The output before the link (n, k): log-odds of the second class (k = 1), class scores, or values."""
        ...

    def contributions(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """How much each column moved the raw output (n, k, p + 1), the bias last; they sum to `raw`.

        Raises Unexplained where the model cannot tell.
        """
        ...

    def importance(self) -> NDArray[np.float64]:
        """Importance of each column (p,), not negative, summing to one (or all zero)."""
        ...

    def borders(self) -> Sequence[tuple[int, NDArray[np.float32]]]:
        """Columns and the values at which the output jumps, for the parity check; empty for smooth models."""
        ...

    def native(self) -> bytes:
        """The model in a format that holds no code, never a pickle; the family's `load` is the inverse."""
        ...

    def to_onnx(self) -> bytes:
        """The model as ONNX: input "X" (n, p) float32, one output (n, classes) or (n, 1) float32."""
        ...


class Family(Protocol):
    """A way to learn; one without tasks learns nothing, but holds what was learned elsewhere."""

    name: str
    input: InputKind
    tasks: frozenset[Task]
    native_file: str
    Params: type[FamilyParams]

    def fit(self, train: Dataset, spec: ModelSpec) -> Fitted:
        """Learn from every row of `train` with one thread; the same rows and spec give the same bits."""
        ...

    def load(self, native: bytes) -> Fitted:
        """Read what `Fitted.native` wrote; raises ValueError when it is something else."""
        ...


_families: Catalog[Family] = Catalog("model family", package="alphaplus.models.families")

C = TypeVar("C", bound=type[Any])


def family(name: str) -> Callable[[C], C]:
    """Register a family class under `name`."""

    def register(cls: C) -> C:
        cls.name = name
        _families.add(name, cls())
        return cls

    return register


def families() -> list[str]:
    """Names of all families."""
    return _families.names()


def get_family(name: str) -> Family:
    """Find a family by its name in either case; raises UnknownName."""
    return _families.get(name.lower())


P = TypeVar("P", bound=FamilyParams)


def read_params(model: type[P], spec: ModelSpec) -> P:
    """Validate the parameters of a spec; raises what `check_params` does."""
    return _valid(model, spec.params, family=spec.family)


def check_params(family: str, params: Mapping[str, object]) -> None:
    """Raise UnknownName for a parameter that the family does not have, ConfigError for a value that it cannot take."""
    _valid(get_family(family).Params, params, family=family)


def _valid(model: type[P], params: Mapping[str, object], *, family: str) -> P:
    for name in params:
        if name not in model.model_fields:
            raise UnknownName(name, kind=f"parameter of {family}", known=model.model_fields)
    try:
        return model.model_validate(dict(params))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        why = first["msg"][0].lower() + first["msg"][1:]
        what = model.model_fields[name].description or "leave it out for the default"
        raise ConfigError(f"{name} of {family} is {first['input']!r}: {why}", hint=what, parameter=name) from error
