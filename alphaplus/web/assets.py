"""Static files under names that carry their hash, gathered into the home folder when they changed."""

import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from servestatic.storage import CompressedManifestStaticFilesStorage

from alphaplus.core.hashing import hash_bytes
from alphaplus.storage.durable import locked

STAMP, LOCK = ".collected", ".lock"


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic has no types
    """Hashed names; plain ones for what was never gathered. Scripts find one another by the page's import map."""

    def stored_name(self, name: str) -> str:
        """The hashed name; a file that is not in the manifest keeps its own, so that its page still renders."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


def collect() -> bool:
    """Gather the static files of all apps unless nothing changed since; says whether it did."""
    root = Path(str(settings.STATIC_ROOT))
    stamp, now = root / STAMP, _fingerprint()
    root.mkdir(parents=True, exist_ok=True)
    with locked(root / LOCK):
        if stamp.exists() and stamp.read_text(encoding="utf-8") == now:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(now, encoding="utf-8")
    return True


def _fingerprint() -> str:
    files = []
    for finder in finders.get_finders():
        for name, storage in finder.list(None):
            facts = Path(storage.path(name)).stat()
            files.append((name, facts.st_size, facts.st_mtime_ns))
    return hash_bytes(json.dumps(sorted(files)).encode())
