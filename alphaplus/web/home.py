"""The home folder: its owner's alone where we make it, for it holds sessions, keys and trades."""

from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def make_home(folder: Path) -> None:
    """Make the home folder with rights for its owner only; one that is there stays as its owner set it up."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file with rights for its owner only, unless there is a file already."""
    path.touch(mode=FILE_MODE, exist_ok=True)
