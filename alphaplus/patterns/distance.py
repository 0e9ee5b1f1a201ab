"""Distance to a pattern: how far the close is from where a pattern lies, in a measure that models can learn from."""

from math import nan

from alphaplus.features.contract import feature


def give_distance(name: str, *, kind: str) -> None:
    """Register the column `NAME_distance` of a pattern that has columns `low` and `high`."""
    column = f"{name}_distance"
    feature(
        inputs=("close", "atr_14", f"{name}_low", f"{name}_high"),
        outputs=(column,),
        sparse=(column,),
        group=kind,
        unit="average true ranges, positive above the close",
    )(distance)


def distance(s, b, n, close, atr, low, high):
    """How far the range of a pattern is from the close, in average true ranges of the last 14 bars.

    It is 0 while the close is inside, positive when the range lies above the close and negative when it lies below;
    unknown where no pattern is alive, and where no bar of the last 14 has moved.

    Reference: none; it makes the prices of a pattern comparable over time and between markets.
    """
    if atr <= 0.0:
        return nan
    if close < low:
        return (low - close) / atr
    return (high - close) / atr if close > high else 0.0
