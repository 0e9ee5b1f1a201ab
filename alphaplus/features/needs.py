"""What features need of each other, looked over as a whole: nothing unknown, and no circle."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS
from alphaplus.core.errors import ConfigError

if TYPE_CHECKING:
    from alphaplus.features.contract import FeatureSpec

CONSTANTS = ("tick_size", "timeframe_ms")  # inputs that never change: of the instrument, and of the bars
BAR_COLUMNS = frozenset(REQUIRED) | frozenset(CONSTANTS) | frozenset(SIDE_COLUMNS)


def check_needs(specs: Mapping[str, "FeatureSpec"]) -> None:
    """Raise ConfigError for an input that nothing gives, or for features that need each other in a circle.

    The message names the feature, its file and its line.
    """
    sound: set[str] = set()
    for column in specs:
        _visit(column, (), specs, sound)


def origin(spec: "FeatureSpec") -> str:
    """A feature in words: its name, and the file and line of its step."""
    code = getattr(spec.step, "__code__", None)
    return f"feature {spec.name}" if code is None else f"feature {spec.name} of {code.co_filename}, line {_line(spec)}"


def _line(spec: "FeatureSpec") -> int:
    """The line of `def`, below decorators where the text of the function is at hand."""
    import inspect

    if spec.step is None:
        return 0
    try:
        lines, first = inspect.getsourcelines(spec.step)
    except (OSError, TypeError):
        return int(spec.step.__code__.co_firstlineno)
    return first + next((at for at, line in enumerate(lines) if line.lstrip().startswith("def ")), 0)


def _visit(column: str, path: tuple[str, ...], specs: Mapping[str, "FeatureSpec"], sound: set[str]) -> None:
    if column in sound:
        return
    spec = specs[column]
    if column in path:
        circle = " -> ".join((*path[path.index(column) :], column))
        raise ConfigError(f"{origin(spec)}, needs itself in the end: {circle}", hint="break the circle")
    for name in spec.inputs:
        if name in BAR_COLUMNS:
            continue
        needed = spec.prefix + name
        if needed not in specs:
            close = get_close_matches(needed, [*specs, *BAR_COLUMNS], n=3)
            hint = f"did you mean {', '.join(close)}?" if close else "`alphaplus features list` names them all"
            raise ConfigError(f"{origin(spec)}, needs {needed!r}, which no feature gives", hint=hint)
        _visit(needed, (*path, column), specs, sound)
    sound.update(spec.outputs)
