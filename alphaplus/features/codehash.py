"""What a step means, as text: its code and its helpers' code, so that a hash changes only when it may matter."""

import ast
import inspect
import logging
import sys
import textwrap
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType

import numpy as np

from alphaplus.core.hashing import hash_bytes, stable_hash

PYTHON = ("py_func", "_defn")  # where compiled functions and intrinsics keep their Python one


@lru_cache(maxsize=4096)
def code_hash(function: Callable[..., object]) -> str:
    """Hex sha256 of a function and everything of its own that it calls or names.

    The text is that of the syntax tree, so comments, docstrings, decorators and layout void nothing.
    """
    found: dict[str, str] = {}
    for key, own in own_functions(function).items():
        found[key] = _text(own)
        for name, value in _names(own).items():
            if not _is_code(value) and not isinstance(value, ModuleType) and not callable(value):
                found[f"{key}:{name}"] = _content(value)
    return stable_hash(found)


def own_functions(function: Callable[..., object]) -> dict[str, FunctionType]:
    """The function and all of its own that it calls or names, by module and name, as Python has them.

    What the standard library brings is not its own.
    """
    found: dict[str, FunctionType] = {}
    pending: list[object] = [function]
    while pending:
        plain = _plain(pending.pop())
        key = f"{plain.__module__}.{plain.__qualname__}"
        if key not in found:
            found[key] = plain
            called = [_plain(value) for value in _names(plain).values() if _is_code(value)]
            pending += [own for own in called if own.__module__.partition(".")[0] not in sys.stdlib_module_names]
    return found


def _is_code(value: object) -> bool:
    return isinstance(value, FunctionType) or any(hasattr(value, kept) for kept in PYTHON)


def _plain(function: object) -> FunctionType:
    inner = next((getattr(function, kept) for kept in PYTHON if hasattr(function, kept)), function)
    if not isinstance(inner, FunctionType):
        raise TypeError(f"{function!r} is no Python function")
    return inner


def _content(value: object) -> str:
    """All of a constant; `repr` would leave out the middle of a long array and the last digits of its numbers."""
    if isinstance(value, np.ndarray):
        return f"array {stable_hash(value)}"
    if isinstance(value, tuple):
        return f"({', '.join(_content(part) for part in value)})"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(_content(part) for part in value))}}}"
    if type(value).__repr__ is object.__repr__ or isinstance(value, logging.Logger):
        return type(value).__qualname__  # an address or a level says nothing of what it does
    return repr(value)


def _names(function: FunctionType) -> dict[str, object]:
    """Globals and closure variables that the code refers to."""
    names: dict[str, object] = {}
    for code in _codes(function.__code__):
        names |= {name: function.__globals__[name] for name in code.co_names if name in function.__globals__}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return names | {name: cell.cell_contents for name, cell in cells}


def _codes(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code, *(below for one in inner for below in _codes(one))]


def _text(function: FunctionType) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source).body[0]
    except (OSError, SyntaxError):  # typed at a prompt, or inside an expression: the byte code has to do
        code = function.__code__
        constants = [c for c in code.co_consts if not isinstance(c, CodeType) and c != function.__doc__]
        return hash_bytes(code.co_code) + repr((code.co_names, constants))
    if isinstance(tree, ast.FunctionDef):
        tree.decorator_list = []
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
