"""A fault: the column and the first bar at which a promise is broken, with the value found and the one expected."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import DataError

Values = NDArray[np.float64]


class DishonestFeature(DataError):
    """A feature that does not keep the contract of its declaration, or knows what it cannot know."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a column, and where it shows first.

    `row` counts the bars from 0 and `open_time` (ms UTC) is that bar's; both are None where no single bar is at fault.
    `found` is the value the column has there, `expected` the one it should have.
    """

    column: str
    why: str
    row: int | None = None
    open_time: int | None = None
    found: float | None = None
    expected: float | None = None

    def __str__(self) -> str:
        if self.row is None:
            return self.why
        return f"{self.why}: {self.where} is {self.found!r}, expected {self.expected!r}"

    @property
    def where(self) -> str:
        """The bar in words: its open time in UTC and its number, or nothing where no single bar is at fault."""
        if self.row is None or self.open_time is None:
            return ""
        time = datetime.fromtimestamp(self.open_time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        return f"the bar of {time} UTC (row {self.row})"

    def to_json(self) -> dict[str, object]:
        """Plain values; a number that JSON does not know is null."""
        return {
            "column": self.column,
            "why": self.why,
            "row": self.row,
            "open_time": self.open_time,
            "found": _finite(self.found),
            "expected": _finite(self.expected),
        }


Faults = dict[str, Fault]
"""Columns at fault, each with its fault."""


def differences(columns: tuple[str, ...], got: Values, expected: Values, *, times: Values, why: str) -> Faults:
    """Columns (p,) whose bits differ, each at its first row; NaN equals NaN. `times` (n,) are the rows' open times."""
    same = _bits(got) == _bits(expected)
    same |= np.isnan(got) & np.isnan(expected)
    faults = {}
    for place in np.flatnonzero(~same.all(axis=0)).tolist():
        row = int(np.argmin(same[:, place]))
        faults[columns[place]] = at(columns[place], row, times, got[row, place], expected[row, place], why=why)
    return faults


def at(column: str, row: int, times: Values, found: float, expected: float, *, why: str) -> Fault:
    """A fault at one bar."""
    return Fault(column, why, row, int(times[row]), float(found), float(expected))


def plain(columns: tuple[str, ...] | list[str], why: str) -> Faults:
    """The same fault of several columns, at no bar in particular."""
    return {column: Fault(column, why) for column in columns}


def earliest(known: Faults, new: Faults) -> Faults:
    """Both, and of two faults of one column the one that shows first."""
    merged = dict(known)
    for column, fault in new.items():
        other = merged.get(column)
        if other is None or _row(fault) < _row(other):
            merged[column] = fault
    return merged


def _row(fault: Fault) -> float:
    return np.inf if fault.row is None else fault.row


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def _bits(values: Values) -> NDArray[np.int64]:
    return np.ascontiguousarray(values).view(np.int64)
