"""Files of the user: Python files of a folder that add to a catalog by themselves, as the files of the package do.

Which folder that is, is told at the edge (`use_folder`); every process that works for this one is told as well.
"""

import hashlib
import sys
import traceback
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from alphaplus.core.errors import AlphaPlusError, ConfigError

MODULES = "alphaplus_user"  # what the modules of such files are called, with the name of the file behind it
MEND = "mend the file, or move it out of the way"

_folders: list[Path] = []
_loaded: dict[Path, tuple[str, ModuleType]] = {}  # by path: the hash of the text that was run, and the module


def use_folder(folder: Path) -> None:
    """Let catalogs load the `*.py` files of a folder, now or when they are next asked; it need not exist."""
    resolved = folder.resolve()
    if resolved not in _folders:
        _folders.append(resolved)


def use_folders(folders: tuple[Path, ...]) -> None:
    """The same for several, as another process was told them."""
    for folder in folders:
        use_folder(folder)


def folders() -> tuple[Path, ...]:
    """All folders in use."""
    return tuple(_folders)


def files() -> list[Path]:
    """The files of all folders in use, by folder and name; those whose name starts with `_` are left out."""
    return [path for folder in _folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def load_file(path: Path) -> ModuleType:
    """Run a file once, as a module; a file that is loaded already, or a copy of one, is only given back.

    Raises ConfigError that names the file and the line for whatever goes wrong in it.
    """
    path = path.resolve()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="check the path") from error
    digest = hashlib.sha256(text.encode()).hexdigest()
    if path in _loaded and _loaded[path][0] == digest:
        return _loaded[path][1]
    name = f"{MODULES}_{path.stem}"
    for other, (text_hash, module) in _loaded.items():
        if module.__name__ != name:
            continue
        if text_hash == digest:
            return module  # a copy
        was = "was loaded before it changed" if other == path else f"is another file than {other}, which is in use"
        raise ConfigError(f"{path} {was}", hint="start anew" if other == path else "rename one of the two")
    module = _run(path, text, name)
    _loaded[path] = (digest, module)
    return module


def _run(path: Path, text: str, name: str) -> ModuleType:
    spec = spec_from_loader(name, loader=None, origin=str(path))
    if spec is None:
        raise ConfigError(f"{path} cannot be a module", hint="rename the file")
    module = module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses and pickles look their module up there
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own file, put there to be run
    except SyntaxError as error:
        del sys.modules[name]
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}", hint=MEND) from error
    except Exception as error:  # a stranger's file may raise anything
        del sys.modules[name]
        told = error.message if isinstance(error, AlphaPlusError) else f"{type(error).__name__}: {error}"
        hint = error.hint if isinstance(error, AlphaPlusError) else MEND
        raise ConfigError(f"{path}, line {_line(error, path)}: {told}", hint=hint) from error
    return module


def _line(error: BaseException, path: Path) -> int | None:
    """The line of the file in which an error came up, the innermost where there are several."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
