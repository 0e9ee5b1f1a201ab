"""Which step of a set cannot be compiled, and why, in words: numba speaks of the whole loop, at length."""

import inspect
import re
from typing import Any

from numba import types
from numba.core.errors import NumbaError

from alphaplus.core.errors import ConfigError
from alphaplus.features import state
from alphaplus.features.contract import FeatureSpec
from alphaplus.features.plan import Node, Plan

_STATE = types.Array(types.float64, 1, "C")
_LINE = re.compile(r'File "([^"\n]+)", line (\d+)')
_HINT = "a step works on numbers, with math, its slots of s and compiled helpers; it returns one float for every output"


def explain(plan: Plan, error: NumbaError) -> ConfigError:
    """Find the step at fault by compiling every one alone."""
    for node in (node for block in plan.blocks for node in block.nodes):
        fault = _fault(node)
        if fault is not None:
            return fault
    return ConfigError(f"the loop of {len(plan.columns)} columns cannot be compiled: {_first_line(error)}", hint=_HINT)


def _fault(node: Node) -> ConfigError | None:
    spec = node.spec
    if spec.step is None:
        return None
    taken = [types.int64 if name in node.history else types.float64 for name in node.inputs]
    numbers = [types.int64 if isinstance(value, int) else types.float64 for value in spec.arguments]
    alone = state.compiled(spec.step)
    try:
        alone.compile((_STATE, types.int64, types.int64, *taken, *numbers))
    except NumbaError as error:
        message = f"feature {spec.name} cannot be compiled: {_first_line(error)} ({_place(spec, error)})"
        return ConfigError(message, hint=_HINT)
    given: Any = alone.nopython_signatures[0].return_type
    parts = getattr(given, "types", (given,))  # of a tuple
    if len(parts) == len(spec.outputs) and all(isinstance(part, types.Number | types.Boolean) for part in parts):
        return None
    message = f"feature {spec.name} returns {given}, expected {len(spec.outputs)} numbers ({_place(spec)})"
    return ConfigError(message, hint=_HINT)


def _first_line(error: NumbaError) -> str:
    """What is wrong, without the report around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Failed in", "During:", "File ", "There are", "- Of which"))]
    return (told or lines)[0][:200]


def _place(spec: FeatureSpec, error: NumbaError | None = None) -> str:
    """File and line: the last line of the step's own file that the error names, else where the step begins."""
    if spec.step is None:
        return spec.name
    file = inspect.getsourcefile(spec.step) or "no file"
    line = spec.step.__code__.co_firstlineno
    for name, number in _LINE.findall(str(error)):
        if file.endswith(name.removeprefix("../").lstrip("./")):
            line = int(number)
    return f"{file}, line {line}"
