"""Trades as CSV: Binance's public dumps of trades and aggregate trades, or any file with a header."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.errors import BadTicks
from alphaplus.market.files import Block, from_line, lines_of
from alphaplus.market.layouts import Layout, is_value, normal_name, split_fields
from alphaplus.market.parse import blank, fields
from alphaplus.market.printable import printable
from alphaplus.market.quality import EARLIEST
from alphaplus.market.stamps import UNITS, looks_like, units_of
from alphaplus.market.symbols import bare_symbol
from alphaplus.market.trade_rows import NO_SIDE, RawTrades
from alphaplus.market.trades import BUY, SELL, UNKNOWN
from alphaplus.market.units import Units

_HEAD: Final = 20  # lines in which the first row must stand
_PER_MS: Final = {"ms": 1, "us": 1_000, "ns": 1_000_000}
_FLAGS: Final = ("true", "false")
_TRADES: Final = {"id": 0, "price": 1, "size": 2, "time": 4, "maker": 5}
_AGGREGATE: Final = {"id": 0, "price": 1, "size": 2, "first": 3, "last": 4, "time": 5, "maker": 6}
_DUMPS: Final = {  # fields of a row, and which of them are flags
    (6, (5,)): ("binance trades", _TRADES),
    (7, (5, 6)): ("binance trades", _TRADES),
    (7, (6,)): ("binance aggTrades", _AGGREGATE),
    (8, (6, 7)): ("binance aggTrades", _AGGREGATE),
}
_ALIASES: Final = {
    "time": ("time", "transact_time", "timestamp", "trade_time"),
    "price": ("price",),
    "size": ("qty", "quantity", "size", "amount"),
    "maker": ("is_buyer_maker", "was_the_buyer_the_maker", "isbuyermaker"),
    "side": ("side", "taker_side"),
    "id": ("id", "agg_trade_id", "trade_id", "tradeid"),
    "first": ("first_trade_id",),
    "last": ("last_trade_id",),
    "symbol": ("symbol", "pair"),
}
_SIDES: Final = {"buy": BUY, "b": BUY, "sell": SELL, "s": SELL, "unknown": UNKNOWN}
_MAKERS: Final = {"true": SELL, "false": BUY}  # a buyer who made the offer was sold to


@dataclass(frozen=True, slots=True)
class TradeCsv:
    """How to read one CSV of trades: the columns, the unit of its times, and whether its trades have numbers."""

    layout: Layout
    unit: str
    numbered: bool
    name: str
    symbol: str

    def read(self, blocks: Iterator[Block]) -> Iterator[RawTrades]:
        """Read the rows of blocks; raises BadBars when times are in two units, BadTicks when symbols are mixed."""
        units = Units()
        for block in from_line(blocks, self.layout.first_line):
            raw, unit = self._parse(block)
            units.add(unit, raw.line)
            yield raw
        units.check(self.name)

    def _parse(self, block: Block) -> tuple[RawTrades, NDArray[np.int8]]:
        texts = fields(block.data, self.layout)
        line = block.line + np.arange(texts.height, dtype=np.int64)
        empty = texts.select(pl.col("time", "price", "size").is_null()).select(pl.any_horizontal(pl.all()))
        suspects = empty.to_series().to_numpy()
        if suspects.any():
            keep = ~blank(block.data, suspects)
            texts, line = texts.filter(pl.Series(keep)), line[keep]
        self._check_symbol(texts)
        stamps = _whole(texts["time"])
        if "first" in texts.columns and "last" in texts.columns:
            first, last = _whole(texts["first"]), _whole(texts["last"])
            count = np.where((first >= 0) & (last >= 0), last - first + 1, -1)
        else:
            count = np.ones(texts.height, dtype=np.int64)
        raw = RawTrades(
            block,
            line,
            time=np.where(units_of(stamps) == UNITS.index(self.unit), stamps // _PER_MS[self.unit], EARLIEST - 1),
            price=texts["price"].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(),
            size=texts["size"].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(),
            side=_sides(texts),
            id=_whole(texts["id"]) if self.numbered else None,
            count=count,
        )
        return raw, units_of(stamps)

    def _check_symbol(self, texts: pl.DataFrame) -> None:
        if "symbol" not in texts.columns:
            return
        found = {bare_symbol(symbol) for symbol in texts["symbol"].drop_nulls().unique().to_list()}
        if found - {self.symbol}:
            raise BadTicks(
                f"{self.name} holds trades of {', '.join(sorted(found)[:5])}, expected {self.symbol}",
                hint="say the symbol by --symbol, and split a file of several symbols",
                file=self.name,
            )


def trade_csv(first: Block, name: str, *, symbol: str) -> TradeCsv:
    """Recognise a CSV of trades by its first block; raises BadTicks when it is none."""
    lines = lines_of(first, _HEAD)
    position = next((n for n, line in enumerate(lines) if line.strip()), None)
    if position is None:
        raise BadTicks(f"{name} has no rows", hint="download or export it again", file=name)
    number = first.line + position
    head = split_fields(lines[position], name, number)
    layout = _by_shape(head, number) if any(is_value(field) for field in head) else _by_header(head, name, number)
    if layout is None:
        raise BadTicks(
            f"{name} line {number} is no trade that we know: {printable(lines[position][:80])!r}",
            hint="expected Binance trades or aggTrades, or a header with time, price, size and side",
            file=name,
            line=number,
        )
    row = next(chain(from_line(iter((first,)), layout.first_line)), None)
    texts = None if row is None else fields(row.data, layout)
    stamps = [] if texts is None else [int(stamp) for stamp in _whole(texts["time"]).tolist() if stamp >= 0]
    if texts is None or not texts.height:
        raise BadTicks(f"{name} has a header and no rows", hint="download or export it again", file=name)
    unit = looks_like(sorted(stamps)[len(stamps) // 2]) if stamps else None
    if unit is None or unit not in _PER_MS:
        raise BadTicks(
            f"{name} line {layout.first_line}: {texts['time'][0]!r} is no time in ms, us or ns",
            hint="a trade needs its time to the millisecond",
            file=name,
            line=layout.first_line,
        )
    numbered = "id" in texts.columns and bool((_whole(texts["id"]) >= 0).any())
    return TradeCsv(layout, unit, numbered, name, symbol)


def _by_shape(row: list[str], number: int) -> Layout | None:
    flags = tuple(n for n, field in enumerate(row) if field.lower() in _FLAGS)
    known = _DUMPS.get((len(row), flags))
    return None if known is None else Layout(known[0], known[1], len(row), None, number)


def _by_header(head: list[str], name: str, number: int) -> Layout:
    header = [normal_name(field) for field in head]
    found = {}
    for ours, aliases in _ALIASES.items():
        present = [alias for alias in aliases if alias in header]
        if present:
            found[ours] = header.index(present[0])
    absent = [ours for ours in ("time", "price", "size") if ours not in found]
    if absent:
        raise BadTicks(
            f"{name} line {number} has no column for {', '.join(absent)}; it names {printable(', '.join(head)[:200])}",
            hint="expected Binance trades or aggTrades, or a header with time, price, size and side",
            file=name,
            line=number,
        )
    kind = "binance aggTrades" if "first" in found else "binance trades" if "maker" in found else "trades"
    return Layout(f"{kind}, header", found, len(header), None, number + 1)


def _whole(texts: pl.Series) -> NDArray[np.int64]:
    """Whole numbers (n,), -1 for what is none."""
    return texts.cast(pl.Int64, strict=False).fill_null(-1).to_numpy()


def _sides(texts: pl.DataFrame) -> NDArray[np.int8]:
    """Which side took (n,); unknown where nothing is written."""
    column, words = ("maker", _MAKERS) if "maker" in texts.columns else ("side", _SIDES)
    if column not in texts.columns:
        return np.full(texts.height, UNKNOWN, dtype=np.int8)
    lower = texts[column].str.to_lowercase()
    sides = lower.replace_strict(words, default=NO_SIDE, return_dtype=pl.Int8)
    return sides.set(lower.is_null(), UNKNOWN).to_numpy()
