"""Average true range (ATR)."""

from math import nan

from alphaplus.features.contract import feature

PREVIOUS, AVERAGE = range(2)


@feature(
    inputs=("high", "low", "close"),
    outputs=("atr_{window}",),
    variants=({"window": 14},),
    state=2,
    warmup=lambda window: window + 1,
    memory=lambda window: 20 * window,
    unit="price",
)
def atr(s, b, n, high, low, close, window):
    """Range of a bar, the gap from the close before included, smoothed with weight 1/window.

    The first value is the plain mean of the first `window` true ranges.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, function ATR.
    """
    previous = s[b + PREVIOUS]
    s[b + PREVIOUS] = close
    if n == 0:
        return nan
    true_range = max(high - low, abs(high - previous), abs(low - previous))
    if n <= window:
        s[b + AVERAGE] += true_range / window
    else:
        s[b + AVERAGE] += (true_range - s[b + AVERAGE]) / window
    return nan if n < window else s[b + AVERAGE]
