"""Slope of the straight line through the last closes."""

from alphaplus.features.contract import feature
from alphaplus.features.state import slope


@feature(
    inputs=("close",),
    outputs=("linear_slope_{window}",),
    variants=({"window": 20}, {"window": 50}),
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio a bar",
)
def linear_slope(s, b, n, close, window):
    """Least-squares slope of the last `window` closes a bar, over the close.

    Reference: TA-Lib, function LINEARREG_SLOPE, divided by the close.
    """
    return slope(s, close, window) / s[close]
