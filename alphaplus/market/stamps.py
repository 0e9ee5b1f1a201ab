"""Times in files: numbers in a known unit, or dates with a known zone; nothing is guessed."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.market.quality import EARLIEST, LATEST, iso_time

UNITS: Final = ("s", "ms", "us", "ns")
_PER_MS: Final = {"ms": 1, "us": 1_000, "ns": 1_000_000}
_DATE: Final = (
    r"^(\d{4}[-/]\d{2}[-/]\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|z|UTC|[+-]\d{2}:?\d{2})?$"
)


def in_unit(number: int, unit: str) -> bool:
    """Whether a number in a unit lies between the years 1990 and 2100."""
    milliseconds = number * 1000 if unit == "s" else number // _PER_MS[unit]
    return EARLIEST <= milliseconds < LATEST


def looks_like(number: int) -> str | None:
    """The unit in which a number is a time between 1990 and 2100; their ranges do not overlap."""
    return next((unit for unit in UNITS if in_unit(number, unit)), None)


def units_of(numbers: NDArray[np.int64]) -> NDArray[np.int8]:
    """The unit in which each number (n,) is a time between 1990 and 2100, as a position in UNITS; -1 for none."""
    found = np.full(len(numbers), -1, dtype=np.int8)
    for position, unit in enumerate(UNITS):
        first, end = (_in(unit, moment) for moment in (EARLIEST, LATEST))
        found[(numbers >= first) & (numbers < end)] = position
    return found


def out_of_range(time: int, *, number: int | None, unit: str | None) -> str:
    """Say why a time is out of range: `number` in another unit than `unit`, or `time` (ms) of no use in any."""
    like = None if number is None else looks_like(number)
    if number is not None and unit is not None and like is not None and like != unit:
        return f"time {number} is out of range in {unit}, it looks like {like}"
    return f"time {iso_time(time)} is not between 1990 and 2100"


def _in(unit: str, time_ms: int) -> int:
    return time_ms // 1000 if unit == "s" else time_ms * _PER_MS[unit]


def to_ms(numbers: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """Turn times (n,) into milliseconds, rounded down; a time off the millisecond stays off every grid of bars."""
    if unit == "s":
        return np.clip(numbers, -LATEST, LATEST) * 1000
    divisor = _PER_MS[unit]
    whole = numbers // divisor
    off = (numbers != whole * divisor) & (whole % 1000 == 0)
    shifted: NDArray[np.int64] = np.where(off, whole + 1, whole)
    return shifted


def parse_dates(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read dates with or without time of day: times (n,) in ms UTC, whether each is a date, whether it has a zone.

    A second of 60 is folded into the last millisecond before it ends. Without a zone the time is taken as UTC.
    """
    parts = texts.str.extract_groups(_DATE).struct.unnest()
    day, clock, second, fraction, zone = (parts[name] for name in parts.columns)
    leap = (second == "60").fill_null(False)
    pieces = pl.DataFrame({"day": day, "clock": clock.fill_null("00:00"), "second": second.fill_null("00")})
    seconds = pl.when(leap).then(pl.lit("59")).otherwise(pl.col("second"))
    joined = pl.concat_str(pl.col("day").str.replace_all("/", "-"), pl.lit(" "), "clock", pl.lit(":"), seconds)
    moment = pieces.select(joined.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="ms")).to_series()
    thousandths = fraction.fill_null("0").str.pad_end(3, "0").str.slice(0, 3).cast(pl.Int64).to_numpy()
    thousandths = np.where(leap.to_numpy(), 999, thousandths)
    offsets = {text: _offset_ms(text) for text in zone.unique().to_list() if text is not None}
    offset = zone.replace_strict(offsets, default=0, return_dtype=pl.Int64).to_numpy()
    known = moment.is_not_null().to_numpy()
    times = moment.cast(pl.Int64).fill_null(0).to_numpy() + thousandths - offset
    return times, known, zone.is_not_null().to_numpy()


def _offset_ms(zone: str) -> int:
    if zone[0] not in "+-":
        return 0
    size = int(zone[1:3]) * 60 + int(zone[-2:])
    return (size if zone[0] == "+" else -size) * 60_000
