"""Exponential moving average (EMA) of the close."""

from math import nan

from alphaplus.features.contract import Param, feature

PLAIN: list[dict[str, Param]] = [{"window": window} for window in (9, 20, 50, 200)]
HIGHER: list[dict[str, Param]] = [
    {"window": window, "every": every} for every in ("1h", "4h", "1d") for window in (20, 50)
]


@feature(
    inputs=("close",),
    outputs=("ema_{window}",),
    variants=PLAIN + HIGHER,
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
