"""What kind of market data a file looks like, by its first lines: for those who named another kind."""

from itertools import islice
from pathlib import Path

from alphaplus.core.errors import AlphaPlusError
from alphaplus.market.book_csv import csv_header
from alphaplus.market.book_json import is_bybit_book
from alphaplus.market.files import Block, Cut, lines_of, open_texts
from alphaplus.market.layouts import detect
from alphaplus.market.stream import LONGEST, is_stream
from alphaplus.market.trade_csv import trade_csv

_HEAD = 20  # lines
_OF_TRADES = (b'"trade"', b'"aggTrade"')
_OF_BOOKS = (b'"depthUpdate"', b'"lastUpdateId"', b'"bids"')


def kinds_of(path: Path) -> frozenset[str]:
    """Which of bars, trades and book the first text of a file may be; none where it is like nothing that we know."""
    try:
        texts = islice(open_texts(path, progress=lambda _: None, cut=Cut(longest=LONGEST, rows=True)), 1)
        first = next((block for text in texts for block in islice(text.blocks, 1)), None)
    except AlphaPlusError:
        return frozenset()
    return frozenset() if first is None else _kinds(first)


def _kinds(first: Block) -> frozenset[str]:
    if first.rows:
        return frozenset({"trades"})
    if is_stream(first) or first.data.lstrip()[:1] in {b"{", b"["}:
        trades = any(mark in first.data for mark in _OF_TRADES)
        book = is_bybit_book(first) or any(mark in first.data for mark in _OF_BOOKS)
        return frozenset(kind for kind, found in (("trades", trades), ("book", book)) if found)
    for kind, recognise in (("book", _book), ("trades", _trades), ("bars", _bars)):
        try:
            recognise(first)
        except AlphaPlusError:
            continue
        return frozenset({kind})
    return frozenset()


def _book(first: Block) -> None:
    csv_header(first, "")


def _trades(first: Block) -> None:
    trade_csv(first, "", symbol="")


def _bars(first: Block) -> None:
    detect(lines_of(first, _HEAD), "", first_line=first.line, columns=None, time_unit=None)
