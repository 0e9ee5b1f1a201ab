"""Artefacts in a folder, each under the hash of its content, verified whenever it is opened."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from alphaplus.core.errors import ArtifactCorrupt, StorageError
from alphaplus.storage.durable import TEMPORARY, Checkpoint, flush_folder, locked, make_folder, no_checkpoint

_LOCK = ".lock"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class FileArtifactStore:
    """Keeps copies of folders as `aa/bb/HASH`, readable by their owner only.

    The hash covers the names and contents of all files, so the same content is kept once. `checkpoint` is called at
    named points of `put`.
    """

    def __init__(self, folder: Path, *, checkpoint: Checkpoint = no_checkpoint) -> None:
        self.folder = Path(folder)
        self._checkpoint = checkpoint

    def put(self, folder: Path) -> str:
        """Keep a copy of the files below `folder`; gives their hash. When it returns, they are on disk.

        Raises StorageError when there is none, or when one is no regular file.
        """
        make_folder(self.folder, mode=_FOLDER_MODE)
        with locked(self.folder / _LOCK):
            for leftover in self.folder.glob(f".*{TEMPORARY}"):
                shutil.rmtree(leftover)
            temporary = self.folder / f".{uuid4().hex}{TEMPORARY}"
            try:
                return self._keep(Path(folder), temporary)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)

    def open(self, sha256: str) -> Path:
        """Give the folder of an artefact after hashing its content anew; raises ArtifactCorrupt when it differs."""
        path = self._path(sha256)
        hint = "train again, or restore the folder from a backup"
        if not path.is_dir() or path.is_symlink():
            raise ArtifactCorrupt(f"artefact {sha256[:12]} is missing: {path}", hint=hint, sha256=sha256)
        found = _digest_or_none(path)
        if found != sha256:
            raise ArtifactCorrupt(f"artefact {sha256[:12]} is not what was stored: {path}", hint=hint, sha256=sha256)
        return path

    def size(self, sha256: str) -> int:
        """Bytes of all files of an artefact."""
        return sum(path.stat().st_size for path in self.open(sha256).rglob("*") if path.is_file())

    def _keep(self, source: Path, temporary: Path) -> str:
        _copy(source, temporary)
        digest = _digest(temporary)
        self._checkpoint("artifact written")
        target = self._path(digest)
        if _digest_or_none(target) == digest:
            return digest
        if target.exists() or target.is_symlink():  # damaged: what was just verified takes its place
            _remove(target)
        make_folder(target.parent, mode=_FOLDER_MODE)
        temporary.rename(target)
        self._checkpoint("artifact renamed")
        flush_folder(target.parent)
        return digest

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise StorageError(f"{digest[:80]!r} is no sha256", hint="64 hexadecimal digits in lower case")
        return self.folder / digest[:2] / digest[2:4] / digest


def _copy(source: Path, target: Path) -> None:
    """Copy regular files below a folder, flushed to disk; links and devices are refused."""
    target.mkdir(mode=_FOLDER_MODE)
    copied = 0
    for path in _files(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
        copied += 1
    if not copied:
        raise StorageError(f"{source} holds no files", hint="an artefact has at least one")
    for folder in {path.parent for path in target.rglob("*")}:
        flush_folder(folder)


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder by name; raises StorageError for what is neither a folder nor a plain file of one name."""
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            continue
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"{path} is no regular file", hint="artefacts hold plain files only")
        if status.st_nlink > 1:
            raise StorageError(f"{path} has a second name", hint="artefacts hold no hard links")
        yield path


def _digest(folder: Path) -> str:
    """Sha256 over the names and hashes of all files below a folder."""
    files = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in _files(folder)}
    return sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _digest_or_none(folder: Path) -> str | None:
    """The hash of a stored folder; None when it holds what an artefact may not hold, or cannot be read."""
    try:
        return None if folder.is_symlink() else _digest(folder)
    except (StorageError, OSError):
        return None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
