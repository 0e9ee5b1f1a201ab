"""Exponential moving average (EMA) of the close."""

from math import nan

from alphaplus.features.contract import feature


@feature(
    inputs=("close",),
    outputs=("ema_{window}",),
    variants=({"window": 9}, {"window": 20}, {"window": 50}, {"window": 200}),
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


@feature(
    inputs=("close", "ema_{window}"),
    outputs=("close_to_ema_{window}",),
    variants=({"window": 9}, {"window": 20}, {"window": 50}, {"window": 200}),
    unit="ratio",
)
def close_to_ema(s, b, n, close, average, window):
    """Close over its exponential moving average, minus one.

    Reference: definition.
    """
    return close / average - 1.0
