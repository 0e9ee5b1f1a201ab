"""Recorded websocket streams: each line a receipt time in nanoseconds, a blank, and the raw JSON message."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from alphaplus.market.files import Block

_LINE: Final = re.compile(rb"\d{16,19} \{")
_STAMP: Final = re.compile(rb"\d{16,19}")
_EVENT_TIME: Final = re.compile(rb'"E": ?(\d{13})\b')
LONGEST: Final = 4 << 20  # a snapshot of 5,000 levels takes a third of a megabyte


@dataclass(frozen=True, slots=True)
class Message:
    """One line: its number, what the exchange sent (None when that is no JSON object), and its text.

    `stream` is what the envelope calls its stream, such as btcusdt@depth; empty without an envelope.
    """

    line: int
    data: dict[str, Any] | None
    text: bytes
    stream: str = ""

    @property
    def received(self) -> int:
        """When the message was received, ms UTC; raises ValueError when its line does not say."""
        stamp = self.text.partition(b" ")[0]
        if not _STAMP.fullmatch(stamp):
            raise ValueError(f"{stamp.decode('utf-8', 'replace')[:40]!r} is no time of receipt")
        return int(stamp[:13])


def is_stream(first: Block) -> bool:
    """Whether a text is a recorded stream, by its first line."""
    return _LINE.match(first.data.lstrip()) is not None


def messages(block: Block, wanted: tuple[bytes, ...]) -> Iterator[Message]:
    """The messages of a block whose text holds one of the marks that are wanted, without their stream's envelope."""
    for number, line in enumerate(block.data.split(b"\n"), start=block.line):
        if line and any(mark in line for mark in wanted):
            yield _opened(number, line)


def event_times(block: Block) -> list[int]:
    """When the exchange sent the messages that say it, ms UTC, in their order."""
    return [int(stamp) for stamp in _EVENT_TIME.findall(block.data)]


def _opened(number: int, line: bytes) -> Message:
    try:
        found = json.loads(line.partition(b" ")[2])
    except ValueError:
        return Message(number, None, line)
    if isinstance(found, dict) and isinstance(found.get("data"), dict) and "stream" in found:
        return Message(number, found["data"], line, str(found["stream"]))
    return Message(number, found if isinstance(found, dict) else None, line)
