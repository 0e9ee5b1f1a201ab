"""The pattern contract: what `@pattern` asks of a step function, and the specification that it makes of it.

A pattern is a feature whose columns are always the same. Those that everyone sees, with the pattern's name before them:

- `direction`: +1 where the price should rise by it, -1 where it should fall, 0 where there is none (of a dry-up, too),
- `strength`: how clear it is, in [0, 1],
- `low`, `high`: the prices between which it lies, NaN where there is none,
- `age`: bars since it became known, 0 on that bar, NaN where there is none.

They tell of the pattern that is alive; where several are, of the one that its docstring says. How far the close is from
that range is the column `distance`, which every pattern is given (`distance.py`). Beside them are hidden
columns from which events are made, at most one birth a bar: `born` is the direction where one became known on this bar
(2 where it has no direction) and 0 elsewhere; with it come `grade` (its strength), `bottom`, `top`, `level`, `target`,
`stop`, and `bars_1`, `price_1`, `bars_2`, ... (how many bars ago a point of its geometry was, and its price), all NaN
where they say nothing. A figure has `broke` as well: its direction on the bar that closes beyond its level, which then
are the level, target and stop as of that bar; else 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError
from alphaplus.features.contract import Param, Rule, Step, StepT, feature, features
from alphaplus.patterns.distance import give_distance

SEEN = ("direction", "strength", "low", "high", "age")
EVENT = ("born", "grade", "bottom", "top", "level", "target", "stop")
UNITS = (
    *("-1, 0 or 1", "score in [0, 1]", "price", "price", "bars, at least 0"),
    *("-1, 0, 1 or 2", "score in [0, 1]", *("price",) * 5),
)


KINDS = ("candles", "figures", "smc", "volume_patterns", "entries")
"""The kinds of patterns, which are the categories of their columns as well."""
PACKAGE = "alphaplus."
PIVOTS = "pivots"
"""The category of the turning points that patterns are made of."""


class Life(StrEnum):
    """What is asked of an event after its birth, and so how it can end."""

    FIGURE = "figure"  # waits for a close beyond its level; then as a trade
    ZONE = "zone"  # touched, mitigated, at last filled or invalidated
    TRADE = "trade"  # entered at the next open: target, stop or expiry, whichever is first


class Drawing(StrEnum):
    """How the points of an event are drawn."""

    PATH = "path"  # one line through all points
    LINES = "lines"  # a line through the first two, another through the next two
    ZONE = "zone"  # a box from its low to its high
    LEVEL = "level"  # a flat line at its level, from its first point on
    MARK = "mark"  # a sign at its bar


@dataclass(frozen=True, slots=True)
class PatternSpec:
    """One pattern: what it is called, what becomes of it, and how many points it has.

    `horizon` is how many bars it lives at most: a trade after its entry, a figure each until and after its breakout, a
    zone in all. `most` zones of one direction live at a time, and `by_close` says whether only a close beyond the far
    edge ends one. `causes` are the patterns that its numbers in `cause` mean; `bars` is how many bars a candlestick
    pattern spans, and `directed` whether the sign of its column is a direction. What is not `shipped` is of the user.
    """

    name: str
    kind: str
    life: Life
    drawing: Drawing
    description: str
    reference: str
    points: int = 0
    horizon: int = 48
    most: int = 0
    by_close: bool = False
    causes: tuple[str, ...] = ()
    bars: int = 0
    directed: bool = True
    shipped: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that everyone sees; of a candlestick pattern the one of TA-Lib."""
        return (self.name,) if self.bars else tuple(f"{self.name}_{seen}" for seen in SEEN)

    @property
    def event_columns(self) -> tuple[str, ...]:
        """The hidden columns that events are made of, in the order of a step's answer; none for candlesticks."""
        parts = () if self.bars else event_parts(self.life, self.points, self.causes)
        return tuple(f"{self.name}_{part}" for part in parts)


patterns: Catalog[PatternSpec] = Catalog("pattern", package="alphaplus.patterns", beside=features)
"""Every pattern by its name, those of the user's files included."""


def event_parts(life: Life, points: int, causes: Sequence[str] = ()) -> tuple[str, ...]:
    """What the hidden columns of a pattern are called behind its name."""
    broke = ("broke",) if life is Life.FIGURE else ()
    cause = ("cause",) if causes else ()
    return (*EVENT, *broke, *cause, *(f"{part}_{i + 1}" for i in range(points) for part in ("bars", "price")))


def pattern(
    *,
    kind: str,
    life: Life,
    drawing: Drawing,
    inputs: Sequence[str],
    variants: Sequence[Mapping[str, Param]],
    state: Rule,
    memory: Rule | None,
    memory_hours: Rule = 0,
    warmup: Rule = 1,
    history: Mapping[str, Rule] | None = None,
    optional: Sequence[str] = (),
    points: int = 0,
    horizon: int = 48,
    most: int = 0,
    by_close: bool = False,
    causes: Sequence[str] = (),
) -> Callable[[StepT], StepT]:
    """Register a step function as patterns, one for every variant, whose text param `name` is the pattern's.

    A variant may have a text param `title`, what it is in one line; without it that is the docstring's first. One with
    `every` gives columns on that clock, and no events. The step answers with one tuple: `SEEN`, then what `event_parts`
    names, in that order. Raises ConfigError when the declaration and the function do not fit.
    """
    if kind not in KINDS:
        raise ConfigError(f"there is no kind of patterns {kind!r}", hint=f"one of {', '.join(KINDS)}")
    alike = PatternSpec("", kind, life, drawing, "", "", points, horizon, most, by_close, causes=tuple(causes))
    parts = event_parts(life, points, causes)
    units = (*UNITS, *(_unit(part) for part in parts[len(EVENT) :]))
    # A higher clock holds its columns between its bars, so it tells states, not births.
    own = [variant for variant in variants if "every" not in variant]

    def register(step: StepT) -> StepT:
        for variant in own:
            spec = _named(alike, step, variant)
            patterns.add(spec.name, spec)
        feature(
            inputs=inputs,
            outputs=[f"{{name}}_{part}" for part in (*SEEN, *parts)],
            variants=[{key: value for key, value in variant.items() if key != "title"} for variant in variants],
            state=state,
            history=history,
            optional=optional,
            warmup=warmup,
            memory=memory,
            memory_hours=memory_hours,
            sparse=[f"{{name}}_{part}" for part in ("low", "high", "age")],
            hidden=[f"{{name}}_{part}" for part in parts],
            group=kind,
            unit=units,
        )(step)
        for variant in own:
            give_distance(str(variant["name"]), kind=kind)
        return step

    return register


def _named(alike: PatternSpec, step: Step, variant: Mapping[str, Param]) -> PatternSpec:
    """The specification of one variant of a step; raises ConfigError when it has no name."""
    if not isinstance(variant.get("name"), str):
        raise ConfigError(f"a variant of pattern {step.__name__} has no name", hint="give it the text param name")
    text = (step.__doc__ or "").strip()
    return replace(
        alike,
        name=str(variant["name"]),
        description=str(variant.get("title", text.partition("\n")[0])),
        reference=" ".join(text.partition("Reference:")[2].split()),
        shipped=step.__module__.startswith(PACKAGE),
    )


def _unit(part: str) -> str:
    if part.startswith("bars_"):
        return "bars, at least 0"
    return {"broke": "-1, 0 or 1", "cause": "code of a pattern"}.get(part, "price")
