"""Datasets that models learned from, with their recipes."""

from typing import Any

from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.web.models import Dataset

COLUMNS = ("hash", "recipe", "report", "rows", "created_at")
LISTED = 5  # hashes that a message names
LEAST = 4  # characters of a hash: the number of a version would begin some hash too often


def datasets() -> list[dict[str, Any]]:
    """All of them, newest first."""
    return [_shape(row) for row in Dataset.objects.all()]


def dataset(prefix: str) -> dict[str, Any]:
    """The one whose hash begins so, with the numbers of the versions that learned from it.

    Raises UnknownName where there is none, ConfigError where there are several or `prefix` is under 4 characters long.
    """
    if len(prefix) < LEAST:
        raise ConfigError(
            f"{prefix!r} is too little of a hash",
            hint=f"give {LEAST} characters or more; `alphaplus datasets list` shows them",
        )
    found = list(Dataset.objects.filter(hash__startswith=prefix.lower())[: LISTED + 1])
    if not found:
        raise UnknownName(prefix, kind="dataset", known=[row.hash[:12] for row in Dataset.objects.all()])
    if len(found) > 1:
        raise ConfigError(
            f"{prefix!r} begins the hashes of several datasets: {', '.join(row.hash[:12] for row in found[:LISTED])}",
            hint="give more of it",
        )
    versions = found[0].sessions.order_by("version_id").values_list("version_id", flat=True)
    return {**_shape(found[0]), "versions": list(versions)}


def _shape(row: Dataset) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}
