"""Labels: the answers a model learns, each with the span of bars it was read from.

A label is a function of bars and a LabelSpec in a file of `datasets/labels/`; the decorator @label registers it. That
of bar t may read bars t+1 to t+horizon and, of earlier bars, only what was known at the close of bar t. Most read no
more of these than the volatility; a label whose very question comes from the past (did the close leave the range that
there was, did the trade that a rule proposed pay) says so with `asks_past`.
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

Params: TypeAlias = Mapping[str, float | str | None]


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
        object.__setattr__(self, "params", _floats(self.params))

    def __hash__(self) -> int:
        return hash((self.name, self.horizon, tuple(sorted(self.params.items()))))

    @property
    def resolved(self) -> dict[str, float | str | None]:
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
    def directional(self) -> bool:
        """Whether the sign of y is a direction of the price, so that a model of it takes a side of the market."""
        return _LABELS.get(self.name).shape(self.resolved).directional

    @property
    def hash(self) -> str:
        """The same for specs that give the same labels."""
        return stable_hash({"name": self.name, "horizon": self.horizon, "params": self.resolved})


@dataclass(frozen=True, slots=True)
class Shape:
    """The task of a label and, for a classification, its classes in increasing order.

    A label that is not `directional` is an amount (a volatility) or an event, of which y tells whether it happened:
    1.0 or 0.0.
    """

    task: Task
    classes: tuple[float, ...] = ()
    directional: bool = True


EVENT = Shape(Task.BINARY, (0.0, 1.0), directional=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a label function answers where spans end early: y (n,) and `end` (n,), index of the last bar it looked at.

    `end` lies after the bar and not after the last bar of its span; where y is NaN it is ignored.
    """

    y: NDArray[np.float64]
    end: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelFrame:
    """One label per bar.

    y: (n,) float64, NaN where `valid` is false. span_end: (n,) int64, index of the last bar the label looked at, -1
    where that bar does not exist yet: the answer is known at its close. valid: (n,) bool, false where the horizon is
    not over, where more than MAX_GAP bars are missing inside it, or where the label itself has no answer; a label that
    was answered early is valid only once its horizon is over too, for early answers are not like late ones.
    outcome: (n,) float64, the simple return from the open of the next bar to the close of bar `span_end`, whatever the
    label made of it; NaN where not valid. last_known: (n,) float64, the newest answer that was known at the close of
    each bar, that is the y of the latest bar whose `span_end` is not after it; NaN before the first.
    """

    y: NDArray[np.float64]
    span_end: NDArray[np.int64]
    valid: NDArray[np.bool_]
    task: Task
    classes: tuple[float, ...]
    outcome: NDArray[np.float64]
    last_known: NDArray[np.float64]

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


LabelFunction: TypeAlias = Callable[[BarFrame, LabelSpec, Spans], NDArray[np.float64] | Answers]


@dataclass(frozen=True, slots=True)
class Label:
    """A registered label: its function, the defaults of its parameters and the shape these give it.

    `asks_past`: its question is taken from bars before its span, not from their volatility alone.
    """

    name: str
    answer: LabelFunction
    shape: Callable[[Params], Shape]
    defaults: Params
    asks_past: bool = False


_LABELS: Catalog[Label] = Catalog("label", package="alphaplus.datasets.labels")


def label(
    name: str, *, shape: Callable[[Params], Shape], asks_past: bool = False, **defaults: float | str | None
) -> Callable[[LabelFunction], LabelFunction]:
    """Register a label function under `name` with the defaults of its parameters.

    The function is given the bars, the spec with all parameters resolved, and the spans; it returns y (n,) with NaN
    where it has no answer, or Answers where some are known before the span is over. It may ignore rows whose span is
    not whole: `make` voids them.
    """

    def register(answer: LabelFunction) -> LabelFunction:
        _LABELS.add(name, Label(name, answer, shape, _floats(defaults), asks_past))
        return answer

    return register


def _floats(params: Params) -> dict[str, float | str | None]:
    """The parameters with whole numbers as floats: 1 and 1.0 give the same labels, so they have one hash."""
    return {name: float(value) if isinstance(value, int) else value for name, value in params.items()}


def labels() -> list[str]:
    """Names of all registered labels, in order."""
    return sorted(_LABELS.names())


def get_label(name: str) -> Label:
    """Find a registered label; raises UnknownName."""
    return _LABELS.get(name)


def make(spec: LabelSpec, bars: BarFrame) -> LabelFrame:
    """Label every bar; rows whose answer is unknown are not valid. Raises UnknownName for a name that is not there."""
    registered = _LABELS.get(spec.name)
    resolved = LabelSpec(spec.name, spec.horizon, spec.resolved)
    span = spans(bars, spec.horizon)
    return label_frame(bars, registered.shape(resolved.params), registered.answer(bars, resolved, span), span=span)


def label_frame(bars: BarFrame, shape: Shape, found: NDArray[np.float64] | Answers, *, span: Spans) -> LabelFrame:
    """The labels of these answers, those void whose span is not whole."""
    y, end = (found.y, found.end) if isinstance(found, Answers) else (found, span.end)
    valid = span.whole & np.isfinite(y)
    end = np.where(valid, end, span.end)
    y = np.where(valid, y, np.float64(np.nan))
    outcome = _returns(bars, end) if isinstance(found, Answers) else span.outcome
    return LabelFrame(
        y=y,
        span_end=end,
        valid=valid,
        task=shape.task,
        classes=shape.classes,
        outcome=np.where(valid, outcome, np.float64(np.nan)),
        last_known=_last_known(y, end, valid),
    )


def _returns(bars: BarFrame, end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Simple return (n,) from the open of the bar after each to the close of bar `end`."""
    opens = np.append(bars.column("open")[1:], np.nan)
    returns: NDArray[np.float64] = bars.column("close")[end] / opens - 1.0
    return returns


def _last_known(y: NDArray[np.float64], end: NDArray[np.int64], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The y of the latest bar whose answer was known at the close of each bar (n,); NaN before the first."""
    latest = np.full(len(y), -1, dtype=np.int64)
    answered = np.flatnonzero(valid)
    np.maximum.at(latest, end[answered], answered)
    latest = np.maximum.accumulate(latest) if len(latest) else latest
    return np.where(latest >= 0, y[latest] if len(y) else y, np.nan)


def make_labels(
    bars: BarFrame, name: str = "signal_direction", *, horizon: int = 24, **params: float | str
) -> LabelFrame:
    """Label every bar by the name, horizon and parameters of a label."""
    return make(LabelSpec(name, horizon, params), bars)


def number(params: Params, name: str, *, least: float = 0.0) -> float:
    """A parameter that must be a finite number, `least` or more; raises ConfigError saying what it is."""
    value = optional_number(params, name, least=least)
    if value is None:
        raise ConfigError(f"{name} is missing", hint=f"give a number, {least:g} or more")
    return value


def optional_number(params: Params, name: str, *, least: float = 0.0) -> float | None:
    """As `number`, but None where the parameter is None."""
    value = params[name]
    if value is None:
        return None
    if isinstance(value, str) or not (np.isfinite(value) and value >= least):
        raise ConfigError(f"{name} is {value!r}", hint=f"give a number, {least:g} or more")
    return float(value)


def whole_number(params: Params, name: str, *, least: int = 1) -> int:
    """A parameter that must be a whole number, `least` or more; raises ConfigError saying what it is."""
    value = number(params, name, least=least)
    if not value.is_integer():
        raise ConfigError(f"{name} is {value:g}", hint=f"give a whole number, {least} or more")
    return int(value)


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
