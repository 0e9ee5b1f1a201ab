"""The text of a server-sent event."""

import json
from typing import Any

PING = b"event: ping\ndata: {}\n\n"
RETRY = b"retry: 1000\n\n"


def encode(kind: str, payload: dict[str, Any], *, id: int | None = None) -> bytes:  # noqa: A002 - the format's own word
    """One event; JSON never holds a raw line break, so one data line is enough."""
    head = "" if id is None else f"id: {id}\n"
    return f"{head}event: {kind}\ndata: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()
