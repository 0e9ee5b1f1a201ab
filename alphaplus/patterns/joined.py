"""The plug-in by which pattern columns join the features: importing it registers them all, and names their sets."""

from collections.abc import Collection

from alphaplus.core.plugins import MODULES
from alphaplus.features.contract import features, listed
from alphaplus.features.sets import join_set
from alphaplus.patterns.contract import KINDS, PIVOTS, patterns

CANDLES = "candles"
PRICE = "price"  # the unit of columns that no model compares over time


def pattern_columns() -> tuple[str, ...]:
    """The set `patterns`: all columns of patterns and turning points but candlesticks, hidden columns and prices.

    What the user has added is not among them, for a set that is shipped must be the same everywhere.
    """
    candles = frozenset(candle_columns())
    return tuple(column for column in _shipped(*KINDS, PIVOTS) if not _is_price(column) and column not in candles)


def candle_columns() -> tuple[str, ...]:
    """The set `candles`: the candlestick patterns."""
    return tuple(_shipped(CANDLES))


def _shipped(*categories: str) -> list[str]:
    known = frozenset(features.names())
    return [
        column for column in listed() if features.get(column).group in categories and not _is_of_user(column, known)
    ]


def _is_price(column: str) -> bool:
    return features.get(column).units[column] == PRICE


def _is_of_user(column: str, known: Collection[str]) -> bool:
    spec = features.get(column)
    needed = [features.get(name) for name in spec.inputs if name in known]  # a distance is made of prices
    steps = [one.step for one in (spec, *needed) if one.step is not None]
    return any(step.__module__.startswith(MODULES) for step in steps)


patterns.names()
join_set("patterns", pattern_columns, purpose="chart figures, zones, turning points and entries, without prices")
join_set("candles", candle_columns, purpose="the candlestick patterns of TA-Lib")
