"""The step contract: what `@feature` asks of a step function, and the specification that it makes of it.

A step is `f(s, b, n, *inputs, *params) -> float | tuple[float, ...]`: `s` is the engine's one float64 state vector, `b`
the first slot of this feature, `n` how many bars it has seen since its (re)start. Inputs and params are scalars. An
input listed in `history={"close": lambda window: window}` arrives as an index h into s instead: s[h] is this bar,
s[h - k] is k bars ago. A text param names inputs and outputs and is not passed. A step of very many inputs may take the
last of them as one tuple, `*inputs`; it then has no params of numbers.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, Timeframe
from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError
from alphaplus.features import needs

CONSTANTS = needs.CONSTANTS  # inputs that never change: of the instrument, and of the bars
DENSE = frozenset(REQUIRED) | frozenset(CONSTANTS)  # inputs that are never missing
NO_RAISE = "return nan where there is no value"
LIBRARY = "alphaplus.features.library"
FIXED_ARGUMENTS = ("s", "b", "n")
COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]*")

Step = Callable[..., Any]
StepT = TypeVar("StepT", bound=Step)
Rule = int | Callable[..., int]  # a number, or how it follows from the params
Param = int | float | str


@dataclass(frozen=True, slots=True)
class TalibCall:
    """A TA-Lib function with its options; its inputs are named by the specification."""

    function: str
    options: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpec:
    """One variant of a feature, with every rule resolved to a number.

    `warmup` counts bars up to and including the first value once all inputs are there, `memory` bars until the start
    matters by less than 1e-6 of the column's spread (None for running totals); both in bars of `every` where that is
    set. A feature that is keyed to the clock needs `warmup_hours` and `memory_hours` beyond them, an hour being a bar
    where bars are longer. `history` tells how many bars of an input the step may look at, this one included.

    `units` tells in what a column is counted, with its range: column -> unit. `words` names the codes of a column whose
    numbers stand for words: column -> code -> word.

    A column of `sparse` has a value only now and then, at the earliest when the warm-up is over; one of `hidden` is
    there for other features and for the events of patterns, so lists and sets leave it out unless they name it.
    """

    name: str
    step: Step | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[str, Param]
    history: Mapping[str, int]
    optional: frozenset[str]
    every: Timeframe | None
    state_size: int
    gaps: str
    warmup: int
    memory: int | None
    group: str
    units: Mapping[str, str]
    reference: str
    description: str
    arguments: tuple[float, ...] = ()
    talib: TalibCall | None = None
    counts: bool = field(default=True)  # whether the step asks for n, so that the loop must count for it
    warmup_hours: int = 0
    memory_hours: int = 0
    words: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    sparse: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def prefix(self) -> str:
        """What `every` puts before the names of columns."""
        return clock_prefix(self.every) if self.every else ""

    @property
    def is_bar_column(self) -> bool:
        """Whether it hands on a side column of the bars as it is, without a step."""
        return self.step is None and self.talib is None


features: Catalog[FeatureSpec] = Catalog("feature", package=LIBRARY, user_files=needs.check_needs)
"""Every column that can be computed, each by the specification that gives it."""


def clock_prefix(every: Timeframe) -> str:
    """Name prefix of columns on a higher clock: 4h gives `h4_`."""
    return f"{every.value[-1]}{every.value[:-1]}_"


def feature(
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    variants: Sequence[Mapping[str, Param]] = ({},),
    state: Rule = 0,
    history: Mapping[str, Rule] | None = None,
    optional: Sequence[str] = (),
    warmup: Rule = 1,
    memory: Rule | None = 0,
    warmup_hours: int = 0,
    memory_hours: Rule = 0,
    words: Mapping[str, Mapping[int, str]] | None = None,
    sparse: Sequence[str] = (),
    hidden: Sequence[str] = (),
    gaps: str = "restart",
    group: str = "",
    unit: str | Sequence[str],
    catalog: Catalog[FeatureSpec] = features,
) -> Callable[[StepT], StepT]:
    """Register a step function, one specification for every variant.

    A variant gives the params and, with `every`, a higher clock on whose closed bars the step runs; its columns then
    carry that clock's prefix. Columns that are `hidden` count as `sparse` as well. `unit` is one text for all outputs
    or one for each, with params in braces as in outputs; "as the column" stands for the unit of the first input. The
    first line of the docstring becomes the description, what follows `Reference:` the reference. Raises ConfigError
    when the declaration and the function do not fit.
    """

    def register(step: StepT) -> StepT:
        description, reference = _documentation(step)
        _check_raises_nothing(step)
        for variant in variants:
            every = Timeframe.parse(str(variant["every"])) if "every" in variant else None
            params = {name: value for name, value in variant.items() if name != "every"}
            names = tuple(text.format(**params) for text in inputs)
            prefix = clock_prefix(every) if every else ""
            columns = tuple(prefix + text.format(**params) for text in outputs)
            spec = FeatureSpec(
                name=step.__name__,
                step=step,
                inputs=names,
                outputs=columns,
                params=params,
                history={text.format(**params): _resolve(rule, params) for text, rule in (history or {}).items()},
                optional=frozenset(text.format(**params) for text in optional),
                every=every,
                state_size=_resolve(state, params),
                gaps=gaps,
                warmup=_resolve(warmup, params),
                memory=None if memory is None else _resolve(memory, params),
                group=group or _theme(step),
                units=units_by_column(step.__name__, columns, unit, params=params),
                reference=reference,
                description=description,
                arguments=_arguments(step, names, params),
                counts=_uses_count(step),
                warmup_hours=warmup_hours,
                memory_hours=_resolve(memory_hours, params),
                words={prefix + text.format(**params): codes for text, codes in (words or {}).items()},
                sparse=frozenset(prefix + text.format(**params) for text in (*sparse, *hidden)),
                hidden=frozenset(prefix + text.format(**params) for text in hidden),
            )
            register_spec(spec, catalog)
        return step

    return register


def units_by_column(
    name: str, columns: Sequence[str], unit: str | Sequence[str], *, params: Mapping[str, Param]
) -> dict[str, str]:
    """Column -> unit, from one text for all columns or one for each; raises ConfigError when the numbers differ."""
    texts = [unit] * len(columns) if isinstance(unit, str) else list(unit)
    if len(texts) != len(columns):
        message = f"feature {name} declares {len(texts)} units for its {len(columns)} columns {', '.join(columns)}"
        raise ConfigError(message, hint="one unit for all of them, or one for each in the order of outputs")
    return {column: text.format(**params) for column, text in zip(columns, texts, strict=True)}


def register_spec(spec: FeatureSpec, catalog: Catalog[FeatureSpec] = features) -> None:
    """Check a specification and add each of its columns to the catalog; raises ConfigError."""
    known_bars = set(REQUIRED) | set(SIDE_COLUMNS) | set(CONSTANTS)
    for column in spec.outputs:
        if not COLUMN_NAME.fullmatch(column) or (column in known_bars and not spec.is_bar_column):
            raise ConfigError(f"feature {spec.name} cannot give a column named {column!r}", hint="lower case, and new")
    stray = (set(spec.history) | spec.optional) - set(spec.inputs)
    if stray:
        raise ConfigError(f"feature {spec.name} declares {sorted(stray)}, which are no inputs", hint="name them")
    if spec.gaps not in ("restart", "carry"):
        raise ConfigError(f"feature {spec.name} has gaps={spec.gaps!r}", hint="either restart or carry")
    foreign = (spec.sparse | spec.hidden) - set(spec.outputs)
    if foreign:
        raise ConfigError(f"feature {spec.name} calls {sorted(foreign)} sparse or hidden", hint="name its own columns")
    if set(spec.words) - set(spec.outputs):
        raise ConfigError(f"feature {spec.name} has words for {sorted(spec.words)}", hint="name its own columns")
    if spec.every and (spec.warmup_hours or spec.memory_hours):
        raise ConfigError(f"feature {spec.name} counts hours on a higher clock", hint="count bars of that clock")
    if spec.gaps == "carry" and (spec.history or spec.every):
        raise ConfigError(f"feature {spec.name} cannot carry a history or a clock over gaps", hint="use state slots")
    if any(length < 1 for length in spec.history.values()) or spec.warmup < 1 or spec.state_size < 0:
        raise ConfigError(f"feature {spec.name} declares a length below 1", hint="warm-up and history count this bar")
    for column in spec.outputs:
        catalog.add(column, spec)


def bar_column(
    column: str,
    *,
    unit: str,
    group: str,
    reference: str,
    description: str,
    catalog: Catalog[FeatureSpec] = features,
) -> None:
    """Let sets name a side column of the bars: its values are those of the bars, NaN where they have none."""
    if column not in SIDE_COLUMNS:
        raise ConfigError(f"{column} is no side column of bars", hint=f"one of {', '.join(SIDE_COLUMNS)}")
    spec = FeatureSpec(
        name=column,
        step=None,
        inputs=(column,),
        outputs=(column,),
        params={},
        history={},
        optional=frozenset(),
        every=None,
        state_size=0,
        gaps="restart",
        warmup=1,
        memory=0,
        group=group,
        units={column: unit},
        reference=reference,
        description=description,
    )
    register_spec(spec, catalog)


def listed() -> list[str]:
    """All columns but the hidden ones, in the order of registration."""
    return [column for column, spec in features if column not in spec.hidden]


def total_warmup(column: str, timeframe: Timeframe = Timeframe.H1) -> int:
    """Bars up to and including the first value, inputs' warm-up included, in bars of the column's own clock.

    A step is first called when all its inputs are there and those with a history for as long as it looks back; what it
    waits for beyond that is its own. Hours on the clock are counted in bars of `timeframe`.
    """
    spec = features.get(column)
    needed = _feature_inputs(spec)
    waits = [total_warmup(spec.prefix + name, timeframe) + spec.history.get(name, 1) - 1 for name in needed]
    longest = max(spec.history.values(), default=1)
    own = spec.warmup + _hours(spec.warmup_hours, timeframe)
    return max(waits + list(spec.history.values()), default=1) + own - longest


def total_memory(column: str, timeframe: Timeframe = Timeframe.H1) -> int | None:
    """Bars until the start no longer shows, inputs' memory included; None for running totals.

    A step that takes differences of a running total declares its own memory, which then is the whole of it. Hours on
    the clock are counted in bars of `timeframe`.
    """
    spec = features.get(column)
    if spec.memory is None:
        return None
    before = (total_memory(spec.prefix + name, timeframe) or 0 for name in _feature_inputs(spec))
    return spec.memory + _hours(spec.memory_hours, timeframe) + max(before, default=0)


def needed_clocks(column: str) -> set[Timeframe]:
    """The higher clocks that a column, or what it is made of, waits for."""
    bars = DENSE | frozenset(SIDE_COLUMNS)
    pending, seen, clocks = [column], {column}, set()
    while pending:
        spec = features.get(pending.pop())
        inputs = {spec.prefix + name for name in spec.inputs if name not in bars}
        pending += inputs - seen
        seen |= inputs
        if spec.every is not None:
            clocks.add(spec.every)
    return clocks


def is_carried(column: str) -> bool:
    """Whether a long gap does not restart the column, or something that it is made of."""
    spec = features.get(column)
    return spec.gaps == "carry" or any(is_carried(spec.prefix + name) for name in _feature_inputs(spec))


def _hours(hours: int, timeframe: Timeframe) -> int:
    return -(-hours * Timeframe.H1.ms // min(timeframe.ms, Timeframe.H1.ms))


def _feature_inputs(spec: FeatureSpec) -> list[str]:
    bars = DENSE | frozenset(SIDE_COLUMNS)
    return [name for name in spec.inputs if name not in bars and name not in spec.optional]


def _resolve(rule: Rule, params: Mapping[str, Param]) -> int:
    if isinstance(rule, int):
        return rule
    return int(rule(**{name: params[name] for name in inspect.signature(rule).parameters}))


def _arguments(step: Step, inputs: tuple[str, ...], params: Mapping[str, Param]) -> tuple[float, ...]:
    parameters = inspect.signature(step).parameters
    names = tuple(parameters)
    numbers = {name: value for name, value in params.items() if not isinstance(value, str)}
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values()):
        given: tuple[str, ...] = ()  # the last of the inputs come as one tuple, so no number can follow
    else:
        given = names[len(FIXED_ARGUMENTS) + len(inputs) :]
    if names[: len(FIXED_ARGUMENTS)] != FIXED_ARGUMENTS or set(given) != set(numbers):
        message = f"step {step.__name__}{inspect.signature(step)} does not fit its declaration"
        expected = ", ".join((*FIXED_ARGUMENTS, *inputs, *numbers))
        raise ConfigError(message, hint=f"expected ({expected})")
    return tuple(numbers[name] for name in given)


def _check_raises_nothing(step: Step) -> None:
    """A step that raised would leave the state half way; what cannot be computed is NaN."""
    if may_raise(step):
        place = f"{step.__code__.co_filename}, line {step.__code__.co_firstlineno}"
        message = f"step {step.__name__} raises or asserts ({place})"
        raise ConfigError(message, hint=NO_RAISE)


def may_raise(step: Step) -> bool:
    """Whether a function raises or asserts itself."""
    return any(name.opname in ("RAISE_VARARGS", "LOAD_ASSERTION_ERROR") for name in _instructions(step))


def _uses_count(step: Step) -> bool:
    return any(name.opname == "LOAD_FAST" and name.argval == "n" for name in _instructions(step))


def _instructions(step: Step) -> list[Any]:
    import dis

    return list(dis.get_instructions(step))


def _documentation(step: Step) -> tuple[str, str]:
    text = inspect.getdoc(step)
    if not text or "Reference:" not in text:
        raise ConfigError(f"step {step.__name__} lacks a docstring with its formula and `Reference:`", hint="add both")
    reference = " ".join(text.split("Reference:", 1)[1].split())
    return text.splitlines()[0], reference


def _theme(step: Step) -> str:
    module = step.__module__
    return module.removeprefix(LIBRARY + ".").split(".")[0] if module.startswith(LIBRARY + ".") else "user"
