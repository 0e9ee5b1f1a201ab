"""Simple moving average (SMA) of the close."""

from math import nan

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
    state=lambda quarter: 3 * quarter,
    warmup=lambda quarter: 3 * quarter + 1,
    memory=lambda quarter: 3 * quarter,
    unit="price",
)
def long_sma(s, b, n, average, window, quarter):
    """Mean of the last `window` closes: the mean of the means of its quarters, kept in a ring of its own.

    Reference: TA-Lib, function SMA.
    """
    kept = 3 * quarter
    place = b + n % kept
    oldest = s[place]
    s[place] = average
    if n < kept:
        return nan
    return 0.25 * ((average + s[b + (n + 2 * quarter) % kept]) + (s[b + (n + quarter) % kept] + oldest))
