"""Files of trades, recognised by their content and read block by block."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from alphaplus.core.errors import BadTicks
from alphaplus.market.files import Cut, Text, open_texts
from alphaplus.market.stream import LONGEST, is_stream
from alphaplus.market.symbols import bare_symbol, without_suffixes
from alphaplus.market.trade_csv import trade_csv
from alphaplus.market.trade_json import LAYOUT, read_trade_rows
from alphaplus.market.trade_rows import TradeBlock
from alphaplus.market.trade_stream import TradeStream

_DUMP: Final = re.compile(r"([A-Za-z0-9]+)-(?:trades|aggTrades)-(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class TradeText:
    """One text of trades: its name, what it is, and its blocks, to be read before the next text is taken.

    `span` is the day or month (ms UTC, from and before) of which the name of a public dump says that it holds all
    trades; None where the name says nothing.
    """

    name: str
    layout: str
    span: tuple[int, int] | None
    blocks: Iterator[TradeBlock]


def open_trades(path: Path, *, symbol: str, now: int, progress: Callable[[int], None]) -> Iterator[TradeText]:
    """Give the texts of trades in a file: plain, gzip, or zip, whose members are a text each.

    Known are Binance's public dumps (trades, aggTrades) with or without a header, any CSV whose header names time,
    price, size and side, freqtrade's JSON array and recorded streams, of which the trades of `symbol` are read. Times
    are ms, us or ns. `now` (ms UTC) tells trades that cannot have happened; `progress` hears bytes.

    Raises SourceUnavailable, BadBars when a file cannot be read or unpacked, BadTicks when it holds no trades or is of
    another symbol.
    """
    for text in open_texts(path, progress=progress, cut=Cut(longest=LONGEST, rows=True)):
        said = _DUMP.match(without_suffixes(text.title))
        if said is not None and said[1].upper() != bare_symbol(symbol):
            raise BadTicks(
                f"{text.name}: the name says {said[1].upper()}, expected {symbol}",
                hint=f"say --symbol {said[1].upper()}, or rename the file if its name is wrong",
                file=text.name,
            )
        yield _open(text, None if said is None else _span(said), symbol=symbol, now=now)


def _open(text: Text, span: tuple[int, int] | None, *, symbol: str, now: int) -> TradeText:
    first = next(text.blocks, None)
    if first is None:
        raise BadTicks(f"{text.name} is empty", hint="download or export it again", file=text.name)
    blocks = chain((first,), text.blocks)
    if first.rows:
        rows = read_trade_rows(blocks, text.name)
        return TradeText(text.name, LAYOUT, span, (raw.sift(now=now) for raw in rows))
    if is_stream(first):
        stream = TradeStream(bare_symbol(symbol))
        return TradeText(text.name, "recorded stream", span, stream.read(blocks, now=now))
    table = trade_csv(first, text.name, symbol=bare_symbol(symbol))
    return TradeText(text.name, table.layout.name, span, (raw.sift(now=now) for raw in table.read(blocks)))


def _span(said: re.Match[str]) -> tuple[int, int] | None:
    year, month, day = int(said[2]), int(said[3]), int(said[4] or 1)
    try:
        start = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    if said[4]:
        end = start.timestamp() + 86_400
    else:
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()
    return int(start.timestamp()) * 1000, int(end) * 1000
