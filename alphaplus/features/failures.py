"""A feature that does not compile, or raises: which one it was, in which file and line, and why, in few words."""

import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import AlphaPlusError, ConfigError
from alphaplus.features.contract import LIBRARY, FeatureSpec, features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.needs import BAR_COLUMNS, origin
from alphaplus.features.sets import FeatureSet

PLACE = re.compile(r" at (\S[^\n]*?) \((\d+)\)")  # where numba says it was
HINT = "a step computes with numbers, `math` and helpers marked @compiled, and returns a number for every output"


class FailedFeature(ConfigError):
    """A step that does not compile or that raised."""


@contextmanager
def named_failures(columns: Iterable[str], bars: BarFrame) -> Iterator[None]:
    """Turn an error that comes up while columns of these bars are computed into FailedFeature, which names the step.

    Each step from outside the library is then tried by itself. Errors that none of them explains pass unchanged.
    """
    try:
        yield
    except AlphaPlusError:
        raise
    except Exception as error:  # numba's errors, and whatever a stranger's step raises
        for spec in _suspects(columns):
            try:
                _alone(spec, bars)
            except Exception as own:
                raise FailedFeature(_told(spec, own), hint=HINT, feature=spec.name) from error
        raise


def _alone(spec: FeatureSpec, bars: BarFrame) -> None:
    FeatureEngine(FeatureSet(spec.name, spec.outputs), bars.instrument, bars.timeframe).advance(bars)


def _suspects(columns: Iterable[str]) -> list[FeatureSpec]:
    """Features from outside the library among the columns and what they need, those needed first."""
    found: dict[str, FeatureSpec] = {}

    def visit(column: str) -> None:
        spec = features.get(column)
        for name in spec.inputs:
            if name not in BAR_COLUMNS:
                visit(spec.prefix + name)
        if spec.step is not None and not spec.step.__module__.startswith(LIBRARY + "."):
            found.setdefault(spec.outputs[0], spec)

    for column in columns:
        visit(column)
    return list(found.values())


def _told(spec: FeatureSpec, error: Exception) -> str:
    """What went wrong, with the line in the step's own file where it is known."""
    file = spec.step.__code__.co_filename if spec.step is not None else ""
    own = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    named = [int(line) for path, line in PLACE.findall(str(error)) if path == file]
    line = (own or named or [None])[-1]
    place = f"feature {spec.name} of {file}, line {line}" if line is not None else origin(spec)
    if not type(error).__module__.startswith("numba"):
        return f"{place}, raises {type(error).__name__}: {error}"
    lines = [text.strip() for text in str(error).splitlines() if text.strip() and "nopython" not in text]
    reason = lines[0] if lines else "numba gives no reason"
    if reason.endswith(":") and len(lines) > 1:
        reason += " " + lines[1].removeprefix(">>> ")
    if line is None and ("failed to unpack" in reason or "setitem" in reason):
        reason = f"it does not return {len(spec.outputs)} {'numbers' if len(spec.outputs) > 1 else 'number'}"
    return f"{place}, does not compile: {reason}"
