"""Labels: the answers a model learns, each with the span of bars it was read from.

A label is a function of bars and a LabelSpec in a file of `datasets/labels/`; the decorator @label registers it. That
of bar t may read bars t+1 to t+horizon and, of earlier bars, only what was known at the close of bar t.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.catalog import Catalog
from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.core.hashing import stable_hash

MAX_GAP = 3  # a span with more missing bars inside is void

Params: TypeAlias = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """Which label, how many bars ahead it looks, and its parameters.

    Parameters that are not given take the defaults of the label. Names are checked where the spec is used, so that the
    spec of a label that is not installed here can still be shown.
    """

    name: str
    horizon: int
    params: Params = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.horizon < 1:
            raise ConfigError(f"a label cannot look {self.horizon} bars ahead", hint="the horizon is 1 bar or more")
        object.__setattr__(self, "params", dict(self.params))

    def __hash__(self) -> int:
        return hash((self.name, self.horizon, tuple(sorted(self.params.items()))))

    @property
    def resolved(self) -> dict[str, float | None]:
        """All parameters, defaults included; raises UnknownName for one the label does not have."""
        defaults = _LABELS.get(self.name).defaults
        for name in self.params:
            if name not in defaults:
                raise UnknownName(name, kind=f"parameter of {self.name}", known=defaults)
        return {**defaults, **self.params}

    @property
    def task(self) -> Task:
        """The statistical shape of the label."""
        return _LABELS.get(self.name).shape(self.resolved).task

    @property
    def classes(self) -> tuple[float, ...]:
        """The values y takes, in the order of a model's probability columns; empty for a regression."""
        return _LABELS.get(self.name).shape(self.resolved).classes

    @property
    def hash(self) -> str:
        """The same for specs that give the same labels."""
        return stable_hash({"name": self.name, "horizon": self.horizon, "params": self.resolved})


@dataclass(frozen=True, slots=True)
class Shape:
    """The task of a label and, for a classification, its classes in increasing order."""

    task: Task
    classes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelFrame:
    """One label per bar.

    y: (n,) float64, NaN where `valid` is false. span_end: (n,) int64, index of the last bar the label looked at, -1
    where that bar does not exist yet. valid: (n,) bool, false where the span is not over, where more than MAX_GAP bars
    are missing inside it, or where the label itself has no answer. outcome: (n,) float64, the simple return from the
    open of the next bar to the close of the last bar of the span, whatever the label made of it; NaN where not valid.
    """

    y: NDArray[np.float64]
    span_end: NDArray[np.int64]
    valid: NDArray[np.bool_]
    task: Task
    classes: tuple[float, ...]
    outcome: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True)
class Spans:
    """The bars ahead that the label of each bar may look at.

    end: (n,) int64 index of the last bar, -1 where it does not exist yet. whole: (n,) bool, false where it does not
    exist or more than MAX_GAP bars are missing inside. outcome: (n,) float64 simple return from the open of the next
    bar to the close of the last, NaN where not whole.
    """

    end: NDArray[np.int64]
    whole: NDArray[np.bool_]
    outcome: NDArray[np.float64]


LabelFunction: TypeAlias = Callable[[BarFrame, LabelSpec, Spans], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Label:
    """A registered label: its function, the defaults of its parameters and the shape these give it."""

    name: str
    answer: LabelFunction
    shape: Callable[[Params], Shape]
    defaults: Params


_LABELS: Catalog[Label] = Catalog("label", package="alphaplus.datasets.labels")


def label(
    name: str, *, shape: Callable[[Params], Shape], **defaults: float | None
) -> Callable[[LabelFunction], LabelFunction]:
    """Register a label function under `name` with the defaults of its parameters.

    The function is given the bars, the spec with all parameters resolved, and the spans; it returns y (n,) with NaN
    where it has no answer. It may ignore rows whose span is not whole: `make` voids them.
    """

    def register(answer: LabelFunction) -> LabelFunction:
        _LABELS.add(name, Label(name, answer, shape, defaults))
        return answer

    return register


def labels() -> list[str]:
    """Names of all registered labels."""
    return _LABELS.names()


def make(spec: LabelSpec, bars: BarFrame) -> LabelFrame:
    """Label every bar; rows whose answer is unknown are not valid. Raises UnknownName for a name that is not there."""
    registered = _LABELS.get(spec.name)
    resolved = LabelSpec(spec.name, spec.horizon, spec.resolved)
    shape = registered.shape(resolved.params)
    span = spans(bars, spec.horizon)
    y = registered.answer(bars, resolved, span)
    valid = span.whole & np.isfinite(y)
    nothing = np.float64(np.nan)
    return LabelFrame(
        y=np.where(valid, y, nothing),
        span_end=span.end,
        valid=valid,
        task=shape.task,
        classes=shape.classes,
        outcome=np.where(valid, span.outcome, nothing),
    )


def make_labels(bars: BarFrame, name: str = "signal_direction", *, horizon: int = 24, **params: float) -> LabelFrame:
    """Label every bar by the name, horizon and parameters of a label."""
    return make(LabelSpec(name, horizon, params), bars)


def spans(bars: BarFrame, horizon: int) -> Spans:
    """The bars t+1 to t+horizon of every bar t; the horizon counts bars that exist."""
    n = len(bars)
    end = np.arange(n, dtype=np.int64) + horizon
    exists = end < n
    missing = np.concatenate([[0], np.cumsum(bars.missing_before)])  # missing[i]: before bars 0 to i - 1
    outcome = np.full(n, np.nan)
    whole = np.zeros(n, dtype=np.bool_)
    known = max(n - horizon, 0)
    whole[:known] = missing[horizon + 1 :] - missing[1 : known + 1] <= MAX_GAP
    outcome[:known] = bars.column("close")[horizon:] / bars.column("open")[1 : known + 1] - 1.0
    return Spans(np.where(exists, end, -1), whole, np.where(whole, outcome, np.nan))
