"""Moments in ms UTC as people write them."""

from datetime import UTC, datetime


def iso(time_ms: int) -> str:
    """For files: `2022-03-01T12:00:00Z`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(time_ms: int) -> str:
    """For people: `2022-03-01 12:00`, the zone said elsewhere."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def day(time_ms: int) -> str:
    """The date alone: `2022-03-01`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d")
