"""Shape of the bar itself: body, wicks, and where in its range it closed."""

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks


@feature(
    inputs=("open", "high", "low", "close"),
    outputs=("body_ratio", "upper_wick_ratio", "lower_wick_ratio"),
    unit=("ratio in [-1, 1]", "ratio in [0, 1]", "ratio in [0, 1]"),
)
def candle_shape(s, b, n, open_, high, low, close):
    """Body, upper wick and lower wick as shares of the bar's range; the body carries the sign of the move.

    A bar without a range reads 0 three times.

    Reference: definition.
    """
    span = high - low
    if span <= 0.0:
        return 0.0, 0.0, 0.0
    return (close - open_) / span, (high - max(open_, close)) / span, (min(open_, close) - low) / span


@feature(inputs=("open", "close"), outputs=("candle_direction",), unit="-1, 0 or 1")
def candle_direction(s, b, n, open_, close):
    """+1 for a bar that closed above its open, -1 for one that closed below it, 0 for one that did neither.

    Reference: definition.
    """
    return 1.0 if close > open_ else (-1.0 if close < open_ else 0.0)


@feature(
    inputs=("high", "low", "close"),
    outputs=("close_location",),
    variants=on_all_clocks(),
    memory=1,
    unit="ratio in [-1, 1]",
)
def close_location(s, b, n, high, low, close):
    """Close location value: +1 when the bar closed at its high, -1 at its low, 0 in the middle or without a range.

    Reference: Chaikin, as used in the accumulation/distribution line.
    """
    span = high - low
    return 0.0 if span <= 0.0 else ((close - low) - (high - close)) / span


@feature(
    inputs=("high", "low", "close"),
    outputs=("range_ratio",),
    variants=on_all_clocks(),
    memory=1,
    unit="ratio",
)
def range_ratio(s, b, n, high, low, close):
    """High minus low, over the close.

    Reference: definition.
    """
    return (high - low) / close


@feature(inputs=("high", "low", "close"), outputs=("typical_price",), unit="price")
def typical_price(s, b, n, high, low, close):
    """Mean of high, low and close.

    Reference: TA-Lib, function TYPPRICE.
    """
    return (high + low + close) / 3.0
