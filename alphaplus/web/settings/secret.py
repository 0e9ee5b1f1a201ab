"""The key that signs sessions: made at first use, kept in the home folder, readable by its owner only."""

import os
import secrets
from pathlib import Path

from django.utils.functional import lazy

from alphaplus.web.home import make_home

FILE = "secret_key"
LENGTH_BYTES = 50


def secret_key(home: Path) -> str:
    """A string that reads, or at first use writes, the key file of `home` when it is needed and not before."""
    return lazy(lambda: _read_or_make(home / FILE), str)()


def _read_or_make(path: Path) -> str:
    make_home(path.parent)
    unfinished = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        if not path.exists():
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_urlsafe(LENGTH_BYTES), encoding="utf-8")
            os.link(unfinished, path)  # unlike a rename this refuses when another process was first
    except FileExistsError:
        pass  # the other process wrote the key that all will use
    finally:
        unfinished.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8")
