"""Order books as JSON, a message a line: recorded streams of Binance, and Bybit's archive of depth 500."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from alphaplus.market.book import BookUpdate, Level
from alphaplus.market.files import Block
from alphaplus.market.quality import EARLIEST, LATEST, MAX_PRICE, MAX_VOLUME
from alphaplus.market.stream import Message, messages
from alphaplus.market.trade_rows import RefusedRow

_MARKS: Final = (b'"depthUpdate"', b'"lastUpdateId"')
_PARTIAL: Final = re.compile(r"@depth(?:5|10|20)(?:@|$)")
_SHALLOW: Final = 20  # levels of a side that partial depth gives at most
_TEXT: Final = 200


@dataclass(slots=True)
class BookStream:
    """Reads the book of one symbol out of a recorded stream: depth deltas, REST snapshots and partial depth.

    A snapshot that does not say its time takes that of the message after it. Partial depth is a snapshot of up to 20
    levels in each message; where it does not say its time it has that of its receipt. It is known by the name of its
    stream or, where there is none, by following one another. `others` counts messages of other symbols.
    """

    symbol: str
    refused: list[RefusedRow]
    others: dict[str, int] = field(default_factory=dict)

    def read(self, blocks: Iterator[Block]) -> Iterator[BookUpdate]:
        """Read the messages of blocks; those that cannot be read are refused."""
        held: tuple[BookUpdate, int] | None = None
        for block in blocks:
            for message in messages(block, _MARKS):
                symbol = _symbol(message) or self.symbol
                if symbol != self.symbol:
                    self.others[symbol] = self.others.get(symbol, 0) + 1
                    continue
                try:
                    update = _update(message)
                    received = update.time or moment(message.received)
                except (KeyError, TypeError, ValueError) as error:
                    self.refused.append(refusal(message.line, message.text, error))
                    continue
                if update.snapshot and not update.time:
                    if held is not None:
                        yield from _partial(*held)
                    held = update, received
                    continue
                if held is not None:
                    yield replace(held[0], time=update.time)
                    held = None
                yield update
        if held is not None:
            yield from _partial(*held)


@dataclass(slots=True)
class BybitBook:
    """Reads Bybit's archive of one symbol: a snapshot, then deltas of the levels that it keeps."""

    symbol: str
    refused: list[RefusedRow]
    others: dict[str, int] = field(default_factory=dict)

    def read(self, blocks: Iterator[Block]) -> Iterator[BookUpdate]:
        """Read the messages of blocks; those that cannot be read are refused."""
        before = -1
        for block in blocks:
            for number, line in enumerate(block.data.split(b"\n"), start=block.line):
                if not line.strip():
                    continue
                try:
                    found = json.loads(line)
                    data = found["data"]
                    symbol = str(data["s"]).upper()
                    if symbol != self.symbol:
                        self.others[symbol] = self.others.get(symbol, 0) + 1
                        continue
                    snapshot, update, sequence = found["type"] == "snapshot", whole(data["u"]), whole(data["seq"])
                    if sequence <= before and not snapshot:
                        raise ValueError(f"seq is {sequence} after {before}")
                    window = int(str(found["topic"]).split(".")[1]) if snapshot else None
                    bids, asks = levels(data["b"]), levels(data["a"])
                    yield BookUpdate(moment(found["ts"]), bids, asks, snapshot, update, update, window=window)
                    before = sequence
                except (KeyError, IndexError, TypeError, ValueError) as error:
                    self.refused.append(refusal(number, line, error))


def is_bybit_book(first: Block) -> bool:
    """Whether a text is an archive of Bybit's order book, by its first line."""
    return first.data.lstrip().startswith(b'{"topic":"orderbook.')


def levels(pairs: Iterable[Iterable[str | float]]) -> tuple[Level, ...]:
    """Read pairs of price and size; raises ValueError, TypeError when one is no price or no size."""
    found = tuple((float(price), float(size)) for price, size in pairs)
    wrong = next((pair for pair in found if not (0.0 < pair[0] <= MAX_PRICE and 0.0 <= pair[1] <= MAX_VOLUME)), None)
    if wrong is not None:
        raise ValueError(f"{wrong} is no level of a book")
    return found


def whole(value: object) -> int:
    """Read an update number; raises ValueError when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(f"{str(value)[:40]!r} is no update number")
    return value


def moment(value: object) -> int:
    """Read a time in ms UTC; raises ValueError when it is none."""
    if not isinstance(value, int) or not EARLIEST <= value < LATEST:
        raise ValueError(f"{str(value)[:40]!r} is no time in ms")
    return value


def refusal(line: int, text: bytes, error: Exception) -> RefusedRow:
    """Say why a line is no message of a book."""
    missing = isinstance(error, KeyError)
    reason = f"no message of an order book: it lacks {error}" if missing else f"no message of an order book: {error}"
    return RefusedRow(line, reason, text.decode("utf-8", "replace")[:_TEXT], 0)


def _symbol(message: Message) -> str:
    """The symbol that a message or its stream names; empty when neither does."""
    named = message.stream.partition("@")[0] if "@" in message.stream else ""
    return (named if message.data is None else str(message.data.get("s", named))).upper()


def _update(message: Message) -> BookUpdate:
    """Read a message; the time of a snapshot that does not say it is 0."""
    data = message.data
    if data is None:
        raise ValueError("it is no JSON object")
    partial = _PARTIAL.search(message.stream) is not None
    if "lastUpdateId" in data:
        bids, asks, last = levels(data["bids"]), levels(data["asks"]), whole(data["lastUpdateId"])
        if partial:
            return BookUpdate(moment(message.received), bids, asks, snapshot=True, window=_SHALLOW)
        return BookUpdate(moment(data["E"]) if "E" in data else 0, bids, asks, snapshot=True, last=last)
    time, bids, asks = moment(data["E"]), levels(data["b"]), levels(data["a"])
    if partial:
        return BookUpdate(time, bids, asks, snapshot=True, window=_SHALLOW)
    previous = whole(data["pu"]) if "pu" in data else None
    return BookUpdate(time, bids, asks, False, whole(data["U"]), whole(data["u"]), previous)


def _partial(snapshot: BookUpdate, received: int) -> Iterator[BookUpdate]:
    """A snapshot that no message with a time follows: partial depth if it has no more levels than that."""
    if max(len(snapshot.bids), len(snapshot.asks)) <= _SHALLOW:
        yield replace(snapshot, time=received, last=None, window=_SHALLOW)
