"""Optional packages: imported where they are needed, with a clear error where they are absent."""

import importlib
from types import ModuleType

from alphaplus.core.errors import MissingExtra


def require(module: str, *, extra: str) -> ModuleType:
    """Import `module`; raises MissingExtra naming the extra that installs it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.split(".", maxsplit=1)[0] != error.name.split(".")[0]:
            raise
        raise MissingExtra(f"{module} is not installed", hint=f"pip install 'alphaplus[{extra}]'") from error
