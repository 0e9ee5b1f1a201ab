"""The folder of compiled code: ours alone, since what lies in it is executed."""

import os
import stat
import tempfile
from pathlib import Path

from alphaplus.core.errors import ConfigError


def open_cache(folder: Path) -> Path:
    """Make the folder, closed to everybody else; raises ConfigError when it is not ours to trust."""
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.stat()
    if hasattr(os, "getuid") and facts.st_uid != os.getuid():
        raise ConfigError(f"{folder} belongs to another user", hint="compiled code is only run from a folder of yours")
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and any(folder.iterdir()):
        raise ConfigError(f"others can write to {folder}", hint="remove it: code that may not be ours is not run")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


def write_once(path: Path, text: str) -> Path:
    """Write a file unless it already says so; numba forgets compiled code whose source file changed."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return path
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".py")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, path)
    return path
