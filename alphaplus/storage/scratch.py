"""Scratch folders: what work needs while it goes on, and what unfinished work keeps to be gone on with."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from alphaplus.storage.durable import lock_if_free, locked, make_folder

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Held:
    """A folder that one process holds; who dies lets go of it, and leaves what is in it."""

    folder: Path
    handle: int

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Hold a folder, made where it is missing; None while another process does, or is removing it."""
        make_folder(folder)
        try:
            handle = lock_if_free(folder / LOCK)
        except FileNotFoundError:
            return None
        return None if handle is None else cls(folder, handle)

    def release(self) -> None:
        """Let go and leave what is in it for the next; where nothing is, leave nothing."""
        if any(inside.name != LOCK for inside in self.folder.iterdir()):
            os.close(self.handle)
        else:
            self.remove()

    def remove(self) -> None:
        """Let go and leave nothing, unless another process takes hold of the folder meanwhile: then it is its own.

        The lock goes last, so that nobody gets hold of a folder that is half removed.
        """
        for inside in self.folder.iterdir():
            if inside.is_dir() and not inside.is_symlink():
                shutil.rmtree(inside)
            elif inside.name != LOCK:
                inside.unlink()
        (self.folder / LOCK).unlink()
        with suppress(OSError):
            self.folder.rmdir()
        os.close(self.handle)


@contextmanager
def temporary_folder(root: Path) -> Iterator[Path]:
    """A new folder below `root` that goes when the block ends; those of processes that died meanwhile go, too."""
    make_folder(root)
    with locked(root / LOCK):
        sweep(root, before=float("inf"))
        held = Held.of(root / uuid4().hex)
    if held is None:
        raise FileExistsError(root)  # the name was drawn at random: nobody else can have it
    try:
        yield held.folder
    finally:
        held.remove()


def sweep(root: Path, *, before: float) -> None:
    """Remove the folders below `root` that nobody holds and in which nothing was made since `before` (unix seconds)."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_symlink() or not folder.is_dir():
            continue
        try:
            old = folder.stat().st_mtime < before
        except FileNotFoundError:
            continue  # its holder has removed it meanwhile
        if old:
            held = Held.of(folder)
            if held is not None:
                held.remove()
