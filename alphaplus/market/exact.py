"""Decimals as they were printed: whole numbers of their last place, whose sums and products round nothing."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MOST: Final = 10**15  # no two decimals of at most 15 digits are the same float
_PLACES: Final = 16
_ROOM: Final = 2.0**62


@dataclass(frozen=True, slots=True)
class Decimals:
    """Numbers `whole` (n,) of 10 ** -`places`: int64, or Python integers where these have no room."""

    whole: NDArray[Any]
    places: int

    def __mul__(self, other: "Decimals") -> "Decimals":
        """The products, number by number."""
        left, right = self.whole, other.whole
        if object not in (left.dtype, right.dtype) and _most(left) * _most(right) >= _ROOM:
            left = left.astype(object)
        return Decimals(left * right, self.places + other.places)

    def sums(self, starts: NDArray[np.int64]) -> list[Fraction]:
        """The sum of each run of numbers; runs begin at `starts` (m,), rising from 0, and none is empty."""
        whole = self.whole
        if whole.dtype != object and _most(whole) * len(whole) >= _ROOM:
            whole = whole.astype(object)
        scale = 10**self.places
        return [Fraction(int(total), scale) for total in np.add.reduceat(whole, starts)]

    def where(self, chosen: NDArray[np.bool_]) -> "Decimals":
        """The numbers that are chosen (n,), zero for the others."""
        return Decimals(self.whole * chosen, self.places)


def decimals(values: NDArray[np.float64]) -> Decimals:
    """Read floats (n,), finite and not negative, as the shortest decimals that they may stand for.

    That is what was printed when it had at most 15 digits: 0.1 is one tenth, not the binary number next to it.
    """
    left = values
    for places in range(_PLACES):
        scaled = np.rint(left * 10.0**places)
        left = left[(scaled / 10.0**places != left) | (scaled >= _MOST)]
        if not len(left):
            whole = np.rint(values * 10.0**places)
            return Decimals(whole.astype(np.int64), places) if not (whole >= _MOST).any() else _long(values)
    return _long(values)


def _most(whole: NDArray[Any]) -> float:
    return float(whole.max(initial=0))


def _long(values: NDArray[np.float64]) -> Decimals:
    """Read numbers one by one, for those of more digits or places than int64 holds."""
    written = [Decimal(repr(value)) for value in values.tolist()]
    places = max(0, *(-int(number.as_tuple().exponent) for number in written), 0)
    whole = np.empty(len(written), dtype=object)
    whole[:] = [int(Fraction(number) * 10**places) for number in written]
    return Decimals(whole, places)
