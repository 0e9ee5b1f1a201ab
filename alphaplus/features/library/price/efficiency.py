"""Efficiency ratio: how straight the way of the price was."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("close",),
    outputs=("absolute_change",),
    variants=({}, {"every": "4h"}),
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="price",
)
def absolute_change(s, b, n, close):
    """Size of the change of the close.

    Reference: definition.
    """
    return abs(s[close] - s[close - 1])


@feature(
    inputs=("close", "absolute_change"),
    outputs=("efficiency_ratio_{window}",),
    variants=({"window": 10}, {"window": 20}, {"window": 10, "every": "4h"}),
    history={"close": lambda window: window + 1, "absolute_change": lambda window: window},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="ratio in [-1, 1]",
)
def efficiency_ratio(s, b, n, close, change, window):
    """Net movement over `window` bars divided by the sum of the single movements, with the sign of the net one.

    A flat market reads 0.

    Reference: Kaufman, Smarter Trading (1995), signed.
    """
    way = window_sum(s, change, window)
    return 0.0 if way == 0.0 else (s[close] - s[close - window]) / way
