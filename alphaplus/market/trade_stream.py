"""Trades in a recorded websocket stream of Binance."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alphaplus.market.files import Block
from alphaplus.market.quality import EARLIEST
from alphaplus.market.stream import Message, event_times, messages
from alphaplus.market.trade_rows import NO_SIDE, RawTrades, TradeBlock
from alphaplus.market.trades import BUY, SELL

_KINDS: Final = {"trade": ("t", "T"), "aggTrade": ("a", "T")}
_Row = tuple[int, int, float, float, int, int, int]


@dataclass(slots=True)
class TradeStream:
    """Reads the trades of one symbol out of a stream; `others` counts messages that are no trades of it.

    A stream may carry both trades and aggregate trades; the kind that comes first is taken. Trades outside the market,
    such as those of an insurance fund (`X` not MARKET), are in no candle and are left out.
    """

    symbol: str
    kind: str | None = None
    others: dict[str, int] = field(default_factory=dict)

    def read(self, blocks: Iterator[Block], *, now: int) -> Iterator[TradeBlock]:
        """Read the trades of blocks, and how far the recording reached."""
        since = None
        marks = tuple(b'"%s"' % kind.encode() for kind in _KINDS)
        for block in blocks:
            times = event_times(block)
            since = since if since is not None or not times else times[0]
            rows = [row for message in messages(block, marks) if (row := self._row(message)) is not None]
            found = _raw(block, rows).sift(now=now)
            yield replace(found, since=since, clock=max(times, default=None))

    def _row(self, message: Message) -> _Row | None:
        data = message.data
        if data is None:
            return message.line, EARLIEST - 1, np.nan, np.nan, NO_SIDE, -1, 1
        kind = str(data.get("e"))
        symbol = str(data.get("s")).upper()
        if kind in _KINDS and symbol == self.symbol:
            self.kind = self.kind or kind
        if symbol != self.symbol or kind != self.kind or data.get("X", "MARKET") != "MARKET":
            self.others[symbol] = self.others.get(symbol, 0) + 1
            return None
        count = 1 if kind == "trade" else _whole(data.get("l")) - _whole(data.get("f")) + 1
        maker = data.get("m")
        side = NO_SIDE if not isinstance(maker, bool) else SELL if maker else BUY
        number = _whole(data.get(_KINDS[kind][0]))
        return message.line, _whole(data.get("T")), _number(data.get("p")), _number(data.get("q")), side, number, count


def _raw(block: Block, rows: list[_Row]) -> RawTrades:
    line, time, price, size, side, number, count = zip(*rows, strict=True) if rows else ((),) * 7
    return RawTrades(
        block,
        np.array(line, dtype=np.int64),
        time=np.array(time, dtype=np.int64),
        price=np.array(price, dtype=np.float64),
        size=np.array(size, dtype=np.float64),
        side=np.array(side, dtype=np.int8),
        id=np.array(number, dtype=np.int64),
        count=np.array(count, dtype=np.int64),
    )


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, str | int | float) else np.nan
    except ValueError:
        return np.nan


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**62 else -1
