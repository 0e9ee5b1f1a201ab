"""Trades as freqtrade keeps them: a JSON array of rows [time, id, type, side, price, amount, cost]."""

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from alphaplus.core.errors import BadTicks
from alphaplus.market.files import Block
from alphaplus.market.quality import EARLIEST
from alphaplus.market.trade_rows import NO_SIDE, RawTrades
from alphaplus.market.trades import BUY, SELL, UNKNOWN

LAYOUT: Final = "freqtrade trades, JSON"
_WIDTH: Final = 7
_SIDES: Final = {"buy": BUY, "sell": SELL, None: UNKNOWN}


def read_trade_rows(blocks: Iterator[Block], name: str) -> Iterator[RawTrades]:
    """Read the rows of blocks; how many trades each stands for is not known, as exchanges differ in it.

    Raises BadTicks when the text is no array of rows, or ends before the array does.
    """
    ended = False
    numbered: bool | None = None
    for block in blocks:
        rows, last = _rows(block, name)
        ended = ended or last
        if not rows:
            continue
        if numbered is None:
            numbered = _id(rows[0]) >= 0
        yield RawTrades(
            block,
            block.line + np.arange(len(rows), dtype=np.int64),
            time=np.array([_time(row) for row in rows], dtype=np.int64),
            price=np.array([_number(row, 4) for row in rows]),
            size=np.array([_number(row, 5) for row in rows]),
            side=np.array([_side(row) for row in rows], dtype=np.int8),
            id=np.array([_id(row) for row in rows], dtype=np.int64) if numbered else None,
            count=None,
        )
    if not ended:
        raise BadTicks(f"{name} ends before its array does", hint="download or export it again", file=name)


def _rows(block: Block, name: str) -> tuple[list[Any], bool]:
    """The rows of a block, and whether the array ends with it."""
    text = block.data.decode("utf-8", "replace").strip()
    text = text.removeprefix(",").lstrip() if block.line > 1 else text.removeprefix("[")
    ended = text.count("]") > text.count("[")
    try:
        return json.loads(f"[{text.removesuffix(']') if ended else text}]"), ended
    except ValueError as error:
        raise BadTicks(
            f"{name} is no JSON array of trades, in or after row {block.line}: {error}",
            hint="expected [[time, id, type, side, price, amount, cost], ...]",
            file=name,
            line=block.line,
        ) from error


def _time(row: object) -> int:
    value = row[0] if isinstance(row, list) and len(row) == _WIDTH else None
    return value if isinstance(value, int) and 0 <= value < 2**62 else EARLIEST - 1


def _number(row: object, position: int) -> float:
    value = row[position] if isinstance(row, list) and len(row) == _WIDTH else None
    return float(value) if isinstance(value, int | float) else np.nan


def _side(row: object) -> int:
    return _SIDES.get(row[3], NO_SIDE) if isinstance(row, list) and len(row) == _WIDTH else NO_SIDE


def _id(row: object) -> int:
    text = str(row[1]) if isinstance(row, list) and len(row) == _WIDTH else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
