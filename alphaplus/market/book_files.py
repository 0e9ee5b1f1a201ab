"""Files of order books, recognised by their content, and the book that they keep measured at bar closes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadTicks
from alphaplus.core.records import QuarantinedRow
from alphaplus.market.account import KEPT_ROWS
from alphaplus.market.book import BOOK_COLUMNS, STALE_MS, Book, BookReport, BookUpdate
from alphaplus.market.book_csv import DepthCsv, TardisBook, csv_header, is_depth
from alphaplus.market.book_json import BookStream, BybitBook, is_bybit_book
from alphaplus.market.files import Block, Cut, Text, open_texts
from alphaplus.market.stream import LONGEST, is_stream
from alphaplus.market.symbols import bare_symbol, check_symbol
from alphaplus.market.trade_rows import RefusedRow


class _Reader(Protocol):
    """What reads the messages of one text, and keeps what it refused."""

    refused: list[RefusedRow]
    others: dict[str, int]

    def read(self, blocks: Iterator[Block]) -> Iterator[BookUpdate]: ...


@dataclass(frozen=True, slots=True)
class BookColumns:
    """A book at the closes of bars: `table` has `open_time` and BOOK_COLUMNS, NaN where they are not known."""

    table: pl.DataFrame
    report: BookReport
    files: tuple[str, ...]
    layout: str
    quarantined: tuple[QuarantinedRow, ...]
    refused: int


@dataclass(slots=True)
class _Reading:
    """What has been read so far, of all files together."""

    symbol: str
    progress: Callable[[int, int], None] | None
    sizes: dict[int, int]
    done: dict[int, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    refused: int = 0


def book_columns(
    paths: Sequence[Path],
    *,
    symbol: str,
    timeframe: Timeframe,
    stale_ms: int = STALE_MS,
    progress: Callable[[int, int], None] | None = None,
) -> BookColumns:
    """Keep the book that files tell, and measure it at each bar close from the first message to the last.

    Known are recorded streams of Binance (depth deltas, REST snapshots and partial depth), Bybit's ob500 archive,
    tardis.dev's book_snapshot CSV and Binance's T_DEPTH snapshots and updates. Files are merged by the time of their
    messages.
    A close sees what the exchange had sent before it and nothing later. Messages that cannot be read are refused; the
    numbers of those that follow then show the gap. Memory is bounded by the book.

    Raises SourceUnavailable, BadBars when a file cannot be read, and BadTicks when it holds no book of `symbol`.
    """
    sizes = {n: path.stat().st_size if path.is_file() else 0 for n, path in enumerate(paths)}
    reading = _Reading(bare_symbol(check_symbol(symbol)), progress, sizes)
    book = Book(stale_ms=stale_ms)
    streams = [_updates(path, number, reading) for number, path in enumerate(paths)]
    rows = list(measure_at_closes(merge(*streams, key=lambda update: update.time), timeframe, book))
    columns = {name: np.array([row[name] for _, row in rows], dtype=np.float64) for name in BOOK_COLUMNS}
    table = pl.DataFrame({"open_time": np.array([time for time, _ in rows], dtype=np.int64), **columns})
    layout = " + ".join(dict.fromkeys(reading.layouts))
    files, quarantined = tuple(reading.names), tuple(reading.quarantined)
    return BookColumns(table, book.report, files, layout, quarantined, reading.refused)


def measure_at_closes(
    updates: Iterator[BookUpdate], timeframe: Timeframe, book: Book
) -> Iterator[tuple[int, dict[str, float]]]:
    """Measure a book at each bar close that its messages pass: the open time of the bar, and the values.

    A message sent at a close or after it is not seen at that close. Closes in a pause that made the book stale are
    left out after the first.
    """
    clock = close = None
    for update in updates:
        clock = update.time if clock is None else max(clock, update.time)
        close = timeframe.floor(clock) + timeframe.ms if close is None else close
        while close <= clock:
            stale = book.report.stale
            yield close - timeframe.ms, book.measure(close)
            paused = book.report.stale > stale
            close = max(close + timeframe.ms, timeframe.floor(clock)) if paused else close + timeframe.ms
        book.update(update)


def _updates(path: Path, number: int, reading: _Reading) -> Iterator[BookUpdate]:
    """The messages of one file, their times never going back."""
    clock = 0

    def told(done: int) -> None:
        reading.done[number] = done
        if reading.progress is not None:
            reading.progress(sum(reading.done.values()), sum(reading.sizes.values()))

    for text in open_texts(path, progress=told, cut=Cut(longest=LONGEST)):
        found, reader, blocks = 0, *_reader(text, reading)
        for update in reader.read(blocks):
            found += 1
            clock = max(clock, update.time)
            yield replace(update, time=clock)
            if reader.refused:
                _refuse(reader, text, reading)
        _refuse(reader, text, reading)
        if not found:
            others = f", only of {', '.join(sorted(reader.others))}" if reader.others else ""
            raise BadTicks(
                f"{text.name} holds no order book of {reading.symbol}{others}",
                hint="check the file and --symbol; nothing of it was taken",
                file=text.name,
            )


def _refuse(reader: _Reader, text: Text, reading: _Reading) -> None:
    """Move what a reader refused into the account."""
    reading.refused += len(reader.refused)
    room = KEPT_ROWS - len(reading.quarantined)
    rows = (QuarantinedRow(text.name, row.line, row.reason, row.text) for row in reader.refused[:room])
    reading.quarantined.extend(rows)
    reader.refused.clear()


def _reader(text: Text, reading: _Reading) -> tuple[_Reader, Iterator[Block]]:
    """Recognise a text by its first block."""
    first = next(text.blocks, None)
    if first is None:
        raise BadTicks(f"{text.name} is empty", hint="download or export it again", file=text.name)
    reader: _Reader
    if is_stream(first):
        layout, reader = "recorded stream", BookStream(reading.symbol, [])
    elif is_bybit_book(first):
        layout, reader = "bybit orderbook, JSON lines", BybitBook(reading.symbol, [])
    else:
        header = csv_header(first, text.name)
        if is_depth(header):
            layout, reader = "binance T_DEPTH", DepthCsv(reading.symbol, [])
        else:
            layout, reader = "tardis book_snapshot", TardisBook(reading.symbol, [], header)
    reading.names.append(text.name)
    reading.layouts.append(layout)
    return reader, chain((first,), text.blocks)
