"""What the user adds: files of features in a folder, files given by path, and sets named in the settings."""

from collections.abc import Callable
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

from alphaplus.core import plugins
from alphaplus.core.config import Settings
from alphaplus.core.errors import UnknownName
from alphaplus.features.contract import features
from alphaplus.features.needs import check_needs
from alphaplus.features.sets import use_sets


def use_settings(settings: Settings) -> None:
    """Let the feature files and sets of an installation be found by name; the files are run when features are asked.

    Raises ConfigError for a set that has the name of a shipped one.
    """
    plugins.use_folder(settings.features_folder)
    use_sets(settings.feature_sets)


def load_columns(path: Path) -> tuple[str, ...]:
    """Run a file of features and give the columns that it brought; a second time they are only given.

    Raises ConfigError, with nothing left behind, naming the file and line of what is wrong: an error in it, a name that
    is taken, an input that nothing gives, a circle.
    """
    features.names()
    with features.whole_or_nothing():
        module = plugins.load_file(path)
        check_needs(dict(features))
    return _columns_of(module)


def load_function(path: Path, name: str) -> Callable[..., Any]:
    """A plain function of bars by its name in a file; raises UnknownName when the file has none of that name."""
    module = plugins.load_file(path)
    found = getattr(module, name, None)
    if not callable(found):
        known = [*_columns_of(module), *(key for key, value in vars(module).items() if _own_function(value, module))]
        raise UnknownName(name, kind=f"column or function of {path}", known=known)
    return found  # type: ignore[no-any-return]  # it is callable, as was just looked


def functions_of(path: Path) -> tuple[str, ...]:
    """Names of the functions that a file defines, in their order; those that start with `_` are left out."""
    module = plugins.load_file(path)
    return tuple(
        key
        for key, value in vars(module).items()
        if isfunction(value) and _own_function(value, module) and key[0] != "_"
    )


def _columns_of(module: ModuleType) -> tuple[str, ...]:
    return tuple(
        column for column, spec in features if spec.step is not None and spec.step.__module__ == module.__name__
    )


def _own_function(value: object, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module.__name__
