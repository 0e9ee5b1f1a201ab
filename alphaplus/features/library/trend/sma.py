"""Simple moving average (SMA) of the close."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("close",),
    outputs=("sma_{window}",),
    variants=({"window": 20}, {"window": 50}, {"window": 200}),
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price",
)
def sma(s, b, n, close, window):
    """Mean of the last `window` closes.

    Reference: TA-Lib, function SMA.
    """
    return window_sum(s, close, window) / window
