"""Which step of a set cannot be compiled, and why, in few words: numba speaks of the whole loop, at length."""

import re
from collections.abc import Iterable
from typing import Any

from numba import types
from numba.core.errors import NumbaError

from alphaplus.core.errors import ConfigError
from alphaplus.features import state
from alphaplus.features.codehash import own_functions
from alphaplus.features.contract import NO_RAISE, FeatureSpec, may_raise
from alphaplus.features.needs import origin
from alphaplus.features.plan import Node, Plan

_STATE = types.Array(types.float64, 1, "C")
_PLACE = re.compile(r'(?: at |File ")(\S[^\n"]*?)"?(?: \(|, line )(\d+)\)?')  # where numba says it was
_NOISE = ("Failed in", "During:", "File ", "There are", "- Of which")
_HINT = "a step computes with numbers, `math` and helpers marked @compiled, and returns a number for every output"


def explain(plan: Plan, error: NumbaError) -> ConfigError:
    """Find the step at fault by compiling every one alone."""
    for node in (node for block in plan.blocks for node in block.nodes):
        fault = _fault(node)
        if fault is not None:
            return fault
    return ConfigError(f"the loop of {len(plan.columns)} columns does not compile: {_first_line(error)}", hint=_HINT)


def check_helpers(specs: Iterable[FeatureSpec]) -> None:
    """Refuse a step that calls what raises: the state would be left half way.

    Looked at before compiling, for a helper may stand below the step in its file.
    """
    for spec in specs:
        for helper in own_functions(spec.step).values() if spec.step is not None else ():
            if may_raise(helper):
                place = f"{helper.__code__.co_filename}, line {helper.__code__.co_firstlineno}"
                raise ConfigError(
                    f"{origin(spec)}, calls {helper.__name__}, which raises or asserts ({place})", hint=NO_RAISE
                )


def check_returns(compiled: Iterable[tuple[FeatureSpec, Any]]) -> None:
    """Refuse a step that compiles and yet returns no number at times.

    What was loaded from a cache tells no types: it is there because it was checked when it was made.
    """
    for spec, step in compiled:
        for signature in step.nopython_signatures:
            fault = _wrong_return(spec, signature.return_type)
            if fault is not None:
                raise fault


def _fault(node: Node) -> ConfigError | None:
    spec = node.spec
    taken = [types.int64 if name in node.history else types.float64 for name in node.inputs]
    numbers = [types.int64 if isinstance(value, int) else types.float64 for value in spec.arguments]
    alone = state.compiled(spec.step)
    try:
        alone.compile((_STATE, types.int64, types.int64, *taken, *numbers))
    except NumbaError as error:
        return ConfigError(f"{_place(spec, error)}, does not compile: {_first_line(error)}", hint=_HINT)
    return _wrong_return(spec, alone.nopython_signatures[0].return_type)


def _wrong_return(spec: FeatureSpec, given: Any) -> ConfigError | None:  # noqa: ANN401 - a type of numba
    parts = getattr(given, "types", (given,))  # of a tuple
    if len(parts) == len(spec.outputs) and all(isinstance(part, types.Number | types.Boolean) for part in parts):
        return None
    expected = f"{len(spec.outputs)} {'numbers' if len(spec.outputs) > 1 else 'number'}"
    return ConfigError(f"{origin(spec)}, returns {given}, expected {expected}", hint=_HINT)


def _first_line(error: NumbaError) -> str:
    """What is wrong, without the report around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_NOISE)]
    return (told or lines)[0][:200]


def _place(spec: FeatureSpec, error: NumbaError) -> str:
    """The feature with the last line of its own file that the error names, if it names one."""
    file = spec.step.__code__.co_filename if spec.step is not None else ""
    lines = [line for name, line in _PLACE.findall(str(error)) if name == file]
    return f"feature {spec.name} of {file}, line {lines[-1]}" if lines else origin(spec)
