"""Catalogs: named things, filled by decorators and found by name."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

from alphaplus.core import plugins
from alphaplus.core.errors import ConfigError, UnknownName

PLUGINS = "alphaplus.plugins"

T = TypeVar("T")


class Catalog(Generic[T]):
    """Named things of one kind.

    At first use every module below `package` is imported in name order, then the plug-ins of the entry-point group
    `alphaplus.plugins`; a decorator in a new file is the whole registration. A second thing of one name is an error.

    With `user_files` the Python files of the folders named to `plugins.use_folder` are run as well, as soon as the
    catalog is asked; `user_files` is then given all things and raises where they do not fit together. A file that fails
    leaves nothing behind, and is an error whenever the catalog is asked.

    A catalog `beside` another is filled by the same files: the other is loaded first, and what a file of the user that
    fails has added to either is taken away from both.
    """

    def __init__(
        self,
        kind: str,
        *,
        package: str,
        user_files: Callable[[Mapping[str, T]], None] | None = None,
        beside: "Catalog[Any] | None" = None,
    ) -> None:
        self.kind = kind
        self._beside = beside
        self._followers: list[Catalog[Any]] = []
        if beside is not None:
            beside._followers.append(self)
        self._package = package
        self._user_files = user_files
        self._folders: tuple[Path, ...] = ()
        self._things: dict[str, T] = {}
        self._loaded = self._loading = False
        self._lock = RLock()

    def add(self, name: str, thing: T) -> None:
        """Register `thing`; raises ConfigError when the name is taken."""
        if name in self._things:
            raise ConfigError(f"two {self.kind}s are called {name!r}", hint="rename one of them")
        self._things[name] = thing

    def get(self, name: str) -> T:
        """Find by name; raises UnknownName with the nearest matches."""
        self._load()
        if name not in self._things:
            raise UnknownName(name, kind=self.kind, known=self._things)
        return self._things[name]

    def names(self) -> list[str]:
        """All names, in the order of registration."""
        self._load()
        return list(self._things)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        self._load()
        return iter(list(self._things.items()))

    @contextmanager
    def whole_or_nothing(self) -> Iterator[None]:
        """What is added inside is taken away again when it ends in an error."""
        with self._lock:
            filled = (self, *self._followers)
            before = [dict(catalog._things) for catalog in filled]
            try:
                yield
            except BaseException:
                for catalog, things in zip(filled, before, strict=True):
                    catalog._things.clear()
                    catalog._things.update(things)
                raise

    def _load(self) -> None:
        if self._beside is not None:
            self._beside._load()  # before our own lock is taken, so that threads take the two in one order
        if self._loaded and (self._user_files is None or self._folders == plugins.folders()):
            return
        with self._lock:  # threads that come first together wait for all names, not for the first of them
            if self._loading:
                return
            self._loading = True
            try:
                if not self._loaded:
                    self._import_all()
                    self._loaded = True
                if self._user_files is not None:
                    self._run_user_files(self._user_files)
            finally:
                self._loading = False

    def _import_all(self) -> None:
        root = importlib.import_module(self._package)
        names = (module.name for module in pkgutil.walk_packages(root.__path__, self._package + "."))
        for name in sorted(names):
            importlib.import_module(name)
        for plugin in sorted(entry_points(group=PLUGINS), key=lambda point: point.name):
            plugin.load()

    def _run_user_files(self, check: Callable[[Mapping[str, T]], None]) -> None:
        folders = plugins.folders()
        for path in plugins.files():
            with self.whole_or_nothing():
                plugins.load_file(path)
        check(self._things)
        self._folders = folders
