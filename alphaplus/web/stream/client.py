"""One open stream: what waits to be sent to it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

MOST_WAITING = 2000  # a client this far behind is let go; it comes back with the id of the last event it saw


@dataclass(slots=True, eq=False)
class Client:
    """Waiting events of one stream. A forming bar replaces the one that still waits, other events are never dropped.

    `seen` is the id of the last event that the client has, perhaps from another process that was ahead of this one, or
    None when it comes for the first time.
    """

    topic: str
    seen: int | None = None
    _events: deque[bytes] = field(default_factory=deque)
    _forming: bytes | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    def put(self, event: bytes) -> None:
        """Queue an event that must arrive."""
        if self._forming is not None:  # an older state of the bar would arrive after it is closed
            self._forming = None
        self._events.append(event)
        if len(self._events) > MOST_WAITING:
            self.close()
        self._ready.set()

    def replace(self, event: bytes) -> None:
        """Queue the newest state of the forming bar."""
        self._forming = event
        self._ready.set()

    def close(self) -> None:
        """End the stream once what waits was sent."""
        self._closed = True
        self._ready.set()

    async def next(self, timeout: float) -> bytes | None:
        """All that waits, b"" after `timeout` seconds of silence, None when the stream has ended."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except TimeoutError:
            return b""
        self._ready.clear()
        waiting = b"".join(self._events) + (self._forming or b"")
        self._events.clear()
        self._forming = None
        if self._closed:
            self._ready.set()
            return waiting or None
        return waiting
