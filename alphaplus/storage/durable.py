"""Writing so that a crash leaves the old file or the new one, never half of either; and locks between processes."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

TEMPORARY = ".tmp"
Checkpoint = Callable[[str], None]


def no_checkpoint(point: str) -> None:
    """Do nothing at a named point of a write; tests hand in a function that dies there instead."""


def write_durably(
    path: Path, content: bytes, *, flush: bool = True, checkpoint: Checkpoint = no_checkpoint, mode: int = 0o644
) -> None:
    """Replace `path` in one step: a temporary file beside it, flushed to disk, renamed; then the folder, flushed.

    Who writes many files may leave out `flush` and flush their folder once. `checkpoint` hears of `NAME written`
    before and `NAME renamed` after the rename, NAME being the file's suffix.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}{TEMPORARY}")
    kind = path.suffix.lstrip(".")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        checkpoint(f"{kind} written")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    checkpoint(f"{kind} renamed")
    if flush:
        flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Create a folder with its parents, durably; fine when it exists."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode=mode)
    folder.mkdir(mode=mode, exist_ok=True)
    flush_folder(folder.parent)


def lock_if_free(path: Path) -> int | None:
    """Hold the lock file `path` alone and give its handle, which frees it when closed; None while another holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:  # else its last holder has removed it meanwhile
            return handle
    except BlockingIOError:
        pass
    os.close(handle)
    return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone, among threads and processes of this machine; a dead holder frees it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
