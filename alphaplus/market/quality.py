"""The rules that every bar has to meet, checked over whole columns; a bar that breaks one is refused, never mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import MINUTE_MS, PRICES, Timeframe

EARLIEST: Final = 631_152_000_000  # 1990-01-01
LATEST: Final = 4_102_444_800_000  # 2100-01-01; what is later is in another unit
YEAR_10000: Final = 253_402_300_800_000
MIN_PRICE: Final = 1e-12
MAX_PRICE: Final = 1e12
MAX_VOLUME: Final = 1e18
ROUNDING: Final = 1e-9  # of the volume, by which the share of the buyers may surpass it
SIGNED: Final = frozenset({"sentiment", "spread_bps"})  # side columns that may be negative
SMALLEST_NORMAL: Final = float(np.finfo(np.float64).smallest_normal)


class Fault(IntEnum):
    """The rule that a row breaks; of several the lowest number is named."""

    NONE = 0
    FIELDS = 1
    TIME = 2
    NUMBER = 3
    FINITE = 4
    POSITIVE = 5
    PRICE_RANGE = 6
    HIGH = 7
    LOW = 8
    VOLUME = 9
    SIDE = 10
    TIME_RANGE = 11
    FUTURE = 12
    GRID = 13
    CONFLICT = 14


@dataclass(frozen=True, slots=True)
class Rows:
    """Bars as columns, not yet known to be good: times (n,) in ms, values of each other column (n,) float64."""

    open_time: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.open_time)


def faults(rows: Rows, timeframe: Timeframe, *, now: int | None) -> NDArray[np.int8]:
    """Find the first rule that each row breaks, as numbers of Fault (n,); 0 for a good row.

    `now` None leaves out the test for bars that are not closed yet.
    """
    values = rows.values
    open_, high, low, close = (values[name] for name in PRICES)
    volume = values["volume"]
    found = np.zeros(len(rows), dtype=np.int8)

    def mark(wrong: NDArray[np.bool_], fault: Fault) -> None:
        found[wrong & (found == 0)] = fault

    for column in (open_, high, low, close, volume):
        mark(~np.isfinite(column), Fault.FINITE)
    with np.errstate(invalid="ignore"):
        least = np.minimum(np.minimum(open_, high), np.minimum(low, close))
        most = np.maximum(np.maximum(open_, high), np.maximum(low, close))
        mark(~(least > 0.0), Fault.POSITIVE)
        mark((least < MIN_PRICE) | (most > MAX_PRICE), Fault.PRICE_RANGE)
        mark(high < most, Fault.HIGH)
        mark(low > least, Fault.LOW)
        mark((volume < SMALLEST_NORMAL) & ((volume != 0.0) | np.signbit(volume)), Fault.VOLUME)
        mark(volume > MAX_VOLUME, Fault.VOLUME)
    for name, side in values.items():
        if name not in PRICES and name != "volume":
            wrong = np.isinf(side)
            if name not in SIGNED:
                wrong |= side < 0.0
            if name == "buy_volume":
                wrong |= _more_bought(side, volume)
            mark(wrong, Fault.SIDE)
    mark((rows.open_time < EARLIEST) | (rows.open_time >= LATEST), Fault.TIME_RANGE)
    if now is not None:
        mark(rows.open_time > now - timeframe.ms, Fault.FUTURE)
    mark((rows.open_time - timeframe.offset_ms) % timeframe.ms != 0, Fault.GRID)
    return found


def _more_bought(bought: NDArray[np.float64], volume: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        return bought > volume * (1.0 + ROUNDING)


def describe(fault: Fault, time_ms: int, row: Mapping[str, float], *, timeframe: Timeframe, now: int | None) -> str:
    """Say in words which rule one row breaks, with what was found and what was expected."""
    if fault < Fault.TIME_RANGE:
        return _describe_values(fault, row)
    when = iso_time(time_ms)
    if fault is Fault.TIME_RANGE:
        return f"time {when} is not between 1990 and 2100"
    if fault is Fault.FUTURE:
        closes = iso_time(time_ms + timeframe.ms)
        return f"time {when} is in the future: the bar closes {closes}, now is {iso_time(now or 0)}"
    return f"time {when} is not on the grid of {timeframe} bars"


def _describe_values(fault: Fault, row: Mapping[str, float]) -> str:
    highest, lowest = max(row[name] for name in PRICES), min(row[name] for name in PRICES)
    if fault is Fault.FINITE:
        name = next(name for name in (*PRICES, "volume") if not np.isfinite(row[name]))
        return f"{name} is {row[name]}, expected a finite number"
    if fault in (Fault.POSITIVE, Fault.PRICE_RANGE):
        name = next(name for name in PRICES if not MIN_PRICE <= row[name] <= MAX_PRICE)
        kind = "negative" if row[name] < 0.0 else "zero" if row[name] == 0.0 else "out of range"
        return f"{name} is {kind}: {row[name]!r}, expected {MIN_PRICE:g} to {MAX_PRICE:g}"
    if fault is Fault.HIGH:
        return f"high {row['high']!r} is below {highest!r}, the highest of the bar's prices"
    if fault is Fault.LOW:
        return f"low {row['low']!r} is above {lowest!r}, the lowest of the bar's prices"
    if fault is Fault.VOLUME:
        return f"volume is {row['volume']!r}, expected 0 to {MAX_VOLUME:g}"
    sides = {name: value for name, value in row.items() if name not in PRICES and name != "volume"}
    wrong = [name for name, value in sides.items() if np.isinf(value) or (value < 0.0 and name not in SIGNED)]
    if not wrong:
        return f"buy_volume is {row['buy_volume']!r}, more than the volume {row['volume']!r}"
    return f"{wrong[0]} is {row[wrong[0]]!r}, expected a number of at least 0, or nothing"


def iso_time(time_ms: int) -> str:
    """Write a time as people read it: 2024-01-31T23:00Z, seconds only where there are any."""
    if not 0 <= time_ms < YEAR_10000:
        return f"{time_ms} ms"
    text = str(np.datetime64(time_ms, "ms"))
    if time_ms % 1000 == 0:
        text = text[:16] if time_ms % MINUTE_MS == 0 else text[:19]
    return f"{text}Z"
