"""Order books as CSV: tardis.dev's snapshots, and the snapshots and updates of Binance's T_DEPTH archive."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from alphaplus.core.errors import BadTicks
from alphaplus.market.book import BookUpdate
from alphaplus.market.book_json import levels, moment, refusal, whole
from alphaplus.market.files import Block, from_line, lines_of
from alphaplus.market.layouts import Layout
from alphaplus.market.parse import SURPLUS, fields
from alphaplus.market.printable import printable
from alphaplus.market.trade_rows import RefusedRow

_DEPTH: Final = (
    "symbol", "timestamp", "first_update_id", "last_update_id", "side", "update_type", "price", "qty", "pu",
)  # fmt: skip
_MESSAGE: Final = ("timestamp", "first_update_id", "last_update_id", "update_type", "pu")
_TARDIS: Final = ("exchange", "symbol", "timestamp", "local_timestamp")


@dataclass(slots=True)
class DepthCsv:
    """Reads Binance's T_DEPTH files of one symbol: a level a row, the rows of one message after another."""

    symbol: str
    refused: list[RefusedRow]
    others: dict[str, int] = field(default_factory=dict)

    def read(self, blocks: Iterator[Block]) -> Iterator[BookUpdate]:
        """Read the messages of blocks; one with a row that cannot be read is refused as a whole."""
        layout = Layout("", {name: n for n, name in enumerate(_DEPTH)}, len(_DEPTH), None, 2)
        rest: pl.DataFrame | None = None
        for block in from_line(blocks, 2):
            rows = fields(block.data, layout).with_row_index("line", block.line)
            rows = rows.filter(pl.any_horizontal(pl.col(*_DEPTH).is_not_null()))
            table = rows if rest is None else pl.concat([rest, rows])
            starts = _starts(table)
            for start, end in pairwise(starts):
                yield from self._message(table[start:end])
            rest = table[starts[-1] :] if starts else None
        if rest is not None:
            yield from self._message(rest)

    def _message(self, rows: pl.DataFrame) -> Iterator[BookUpdate]:
        head = rows.row(0, named=True)
        symbol = str(head["symbol"]).upper()
        if symbol != self.symbol:
            self.others[symbol] = self.others.get(symbol, 0) + 1
            return
        try:
            if rows[SURPLUS].null_count() < rows.height or not set(rows["side"].to_list()) <= {"a", "b"}:
                raise ValueError(f"expected {len(_DEPTH)} fields, side a or b")
            if head["update_type"] not in ("snap", "set"):
                raise ValueError(f"update_type is {head['update_type']!r}, expected snap or set")
            bids, asks = (rows.filter(pl.col("side") == side).select("price", "qty").rows() for side in ("b", "a"))
            snapshot, last = head["update_type"] == "snap", whole(int(head["last_update_id"]))
            first = whole(int(head["first_update_id"]))
            previous = None if snapshot else whole(int(head["pu"]))
            time = moment(int(head["timestamp"]))
            yield BookUpdate(time, levels(bids), levels(asks), snapshot, first, last, previous)
        except (TypeError, ValueError) as error:
            text = ",".join(str(head[name]) for name in _DEPTH)
            self.refused.append(refusal(int(head["line"]), text.encode(), error))


def _starts(table: pl.DataFrame) -> list[int]:
    """Where each message begins."""
    changed = table.select(pl.any_horizontal(pl.col(*_MESSAGE).ne_missing(pl.col(*_MESSAGE).shift()))).to_series()
    found = np.flatnonzero(changed.to_numpy()).tolist()
    return found if not found or found[0] == 0 else [0, *found]


@dataclass(slots=True)
class TardisBook:
    """Reads tardis.dev's `book_snapshot_N`: the best N levels of each side, a row each time they change."""

    symbol: str
    refused: list[RefusedRow]
    header: tuple[str, ...]
    others: dict[str, int] = field(default_factory=dict)

    def read(self, blocks: Iterator[Block]) -> Iterator[BookUpdate]:
        """Read the rows of blocks; those that cannot be read are refused."""
        places = {name: place for place, name in enumerate(self.header)}
        window = sum(name.startswith("bids[") for name in self.header) // 2
        sides = [
            [(places[f"{side}[{n}].price"], places[f"{side}[{n}].amount"]) for n in range(window)]
            for side in ("bids", "asks")
        ]
        for block in from_line(blocks, 2):
            for number, line in enumerate(block.data.split(b"\n"), start=block.line):
                if not line.strip():
                    continue
                row = line.decode("utf-8", "replace").strip("\r").split(",")
                try:
                    if len(row) != len(self.header):
                        raise ValueError(f"{len(row)} fields, expected {len(self.header)}")
                    symbol = re.sub(r"[^A-Z0-9]", "", row[places["symbol"]].upper())
                    if symbol != self.symbol:
                        self.others[symbol] = self.others.get(symbol, 0) + 1
                        continue
                    bids, asks = (levels((row[p], row[s]) for p, s in side if row[p]) for side in sides)
                    time = moment(int(row[places["timestamp"]]) // 1000)
                    yield BookUpdate(time, bids, asks, True, window=window)
                except ValueError as error:
                    self.refused.append(refusal(number, line, error))


def csv_header(first: Block, name: str) -> tuple[str, ...]:
    """The header of a CSV of an order book; raises BadTicks when it is none."""
    line = next(iter(lines_of(first, 1)), "")
    header = tuple(part.strip().strip('"') for part in line.split(","))
    if header == _DEPTH or (header[:4] == _TARDIS and "bids[0].price" in header and "asks[0].amount" in header):
        return header
    raise BadTicks(
        f"{name} line 1 is no order book that we know: {printable(line[:80])!r}",
        hint="expected a recorded Binance stream, Bybit's ob500, tardis book_snapshot or Binance T_DEPTH",
        file=name,
        line=1,
    )


def is_depth(header: tuple[str, ...]) -> bool:
    """Whether a header is that of Binance's T_DEPTH files; else it is tardis.dev's."""
    return header == _DEPTH
