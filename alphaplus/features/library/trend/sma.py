"""Simple moving average (SMA) of the close."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("close",),
    outputs=("sma_{window}",),
    variants=({"window": 20}, {"window": 50}),
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price",
)
def sma(s, b, n, close, window):
    """Mean of the last `window` closes.

    Reference: TA-Lib, function SMA.
    """
    return window_sum(s, close, window) * (1.0 / window)


@feature(
    inputs=("sma_{quarter}",),
    outputs=("sma_{window}",),
    variants=({"window": 200, "quarter": 50},),
    history={"sma_{quarter}": lambda quarter: 3 * quarter + 1},
    warmup=lambda quarter: 3 * quarter + 1,
    memory=lambda quarter: 3 * quarter,
    unit="price",
)
def long_sma(s, b, n, average, window, quarter):
    """Mean of the last `window` closes: the mean of the means of its quarters.

    Reference: TA-Lib, function SMA.
    """
    newer, older = s[average] + s[average - quarter], s[average - 2 * quarter] + s[average - 3 * quarter]
    return 0.25 * (newer + older)
