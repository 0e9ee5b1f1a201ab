"""Directional movement: which side pushes the range out, and how one-sided that is."""

from math import nan

from alphaplus.features.contract import feature

PLUS, MINUS, RANGE = range(3)


@feature(
    inputs=("high", "low", "true_range"),
    outputs=("plus_di_{window}", "minus_di_{window}"),
    variants=({"window": 14},),
    state=3,
    history={"high": 2, "low": 2},
    warmup=lambda window: window + 1,
    memory=lambda window: 20 * window,
    unit="points in [0, 100]",
)
def directional_movement(s, b, n, high, low, true_range, window):
    """Smoothed upward and downward extensions of the range, in percent of the smoothed true range.

    Wilder's sums begin with `window` - 1 bars. Without any range both read 0.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, functions PLUS_DI and MINUS_DI.
    """
    up, down = s[high] - s[high - 1], s[low - 1] - s[low]
    if n >= window - 1:
        s[b + PLUS] *= 1.0 - 1.0 / window
        s[b + MINUS] *= 1.0 - 1.0 / window
        s[b + RANGE] *= 1.0 - 1.0 / window
    s[b + PLUS] += up if up > max(down, 0.0) else 0.0
    s[b + MINUS] += down if down > max(up, 0.0) else 0.0
    s[b + RANGE] += true_range
    if n < window - 1:
        return nan, nan
    if s[b + RANGE] <= 0.0:
        return 0.0, 0.0
    return 100.0 * s[b + PLUS] / s[b + RANGE], 100.0 * s[b + MINUS] / s[b + RANGE]


@feature(
    inputs=("plus_di_{window}", "minus_di_{window}"),
    outputs=("adx_{window}",),
    variants=({"window": 14},),
    state=1,
    warmup=lambda window: window,
    memory=lambda window: 20 * window,
    unit="points in [0, 100]",
)
def adx(s, b, n, plus, minus, window):
    """Average directional index: the smoothed distance of both directional indicators over their sum, times 100.

    The first value is the plain mean of the first `window` distances. Two zeros have distance 0.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, function ADX.
    """
    total = plus + minus
    distance = 0.0 if total <= 0.0 else 100.0 * abs(plus - minus) / total
    if n < window:
        s[b] += distance * (1.0 / window)
        return s[b] if n == window - 1 else nan
    s[b] += (distance - s[b]) * (1.0 / window)
    return s[b]
