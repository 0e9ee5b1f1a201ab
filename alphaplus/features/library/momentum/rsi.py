"""Relative strength index (RSI): the share of gains in recent movement."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks

PREVIOUS, GAIN, LOSS = range(3)


@feature(
    inputs=("close",),
    outputs=("rsi_{window}",),
    variants=[{"window": 7}, *on_all_clocks({"window": 14})],
    state=3,
    warmup=lambda window: window + 1,
    memory=lambda window: 20 * window,
    unit="points in [0, 100]",
)
def rsi(s, b, n, close, window):
    """Relative strength index after Wilder.

    Mean gain over mean gain plus mean loss, times 100, both smoothed with weight 1/window; the first means are
    plain averages of the first `window` changes. A flat market reads 50.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978).
    """
    change = close - s[b + PREVIOUS]
    s[b + PREVIOUS] = close
    if n == 0:
        return nan
    gain, loss = max(change, 0.0), max(-change, 0.0)
    if n <= window:
        s[b + GAIN] += gain * (1.0 / window)
        s[b + LOSS] += loss * (1.0 / window)
    else:
        s[b + GAIN] += (gain - s[b + GAIN]) * (1.0 / window)
        s[b + LOSS] += (loss - s[b + LOSS]) * (1.0 / window)
    if n < window:
        return nan
    total = s[b + GAIN] + s[b + LOSS]
    return 50.0 if total == 0.0 else 100.0 * s[b + GAIN] / total
