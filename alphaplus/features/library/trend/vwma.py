"""Volume-weighted moving average (VWMA) of the close."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("close", "volume"),
    outputs=("close_turnover",),
    unit="quote currency",
)
def close_turnover(s, b, n, close, volume):
    """Close times volume.

    Reference: definition.
    """
    return close * volume


@feature(
    inputs=("close_turnover", "volume_sum_{window}", "sma_{window}", "close"),
    outputs=("vwma_{window}", "close_to_vwma_{window}"),
    variants=({"window": 20},),
    history={"close_turnover": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=("price", "ratio above -1"),
)
def vwma(s, b, n, money, volume, plain, close, window):
    """Mean of the last `window` closes, weighted by volume, and the close over it minus one.

    Without any volume it is the plain mean.

    Reference: Arms; Kaufman, Trading Systems and Methods (2013).
    """
    average = plain if volume <= 0.0 else window_sum(s, money, window) / volume
    return average, close / average - 1.0
