"""Exponential moving average (EMA) of the close."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks


@feature(
    inputs=("close",),
    outputs=("ema_{window}",),
    variants=[{"window": 9}, {"window": 200}, *on_all_clocks({"window": 20}, {"window": 50})],
    state=1,
    warmup=lambda window: window,
    memory=lambda window: 10 * window,
    unit="price",
)
def ema(s, b, n, close, window):
    """Exponential moving average with weight 2 / (window + 1).

    The first value is the plain mean of the first `window` closes.

    Reference: TA-Lib, function EMA.
    """
    if n < window - 1:
        s[b] += close
        return nan
    if n == window - 1:
        s[b] = (s[b] + close) / window
    else:
        s[b] += (close - s[b]) * (2.0 / (window + 1.0))
    return s[b]
