"""Directional movement: which side pushes the range out, and how one-sided that is."""

from math import nan

from alphaplus.features.contract import feature

HIGH, LOW, CLOSE, PLUS, MINUS, RANGE = range(6)


@feature(
    inputs=("high", "low", "close"),
    outputs=("plus_di_{window}", "minus_di_{window}"),
    variants=({"window": 14},),
    state=6,
    warmup=lambda window: window + 1,
    memory=lambda window: 20 * window,
    unit="points in [0, 100]",
)
def directional_movement(s, b, n, high, low, close, window):
    """Smoothed upward and downward extensions of the range, in percent of the smoothed true range.

    Wilder's sums begin with `window` - 1 bars. Without any range both read 0.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, functions PLUS_DI and MINUS_DI.
    """
    up, down = high - s[b + HIGH], s[b + LOW] - low
    true_range = max(high - low, abs(high - s[b + CLOSE]), abs(low - s[b + CLOSE]))
    s[b + HIGH], s[b + LOW], s[b + CLOSE] = high, low, close
    if n == 0:
        return nan, nan
    if n >= window:
        s[b + PLUS] -= s[b + PLUS] / window
        s[b + MINUS] -= s[b + MINUS] / window
        s[b + RANGE] -= s[b + RANGE] / window
    if down > 0.0 and up < down:
        s[b + MINUS] += down
    elif up > 0.0 and up > down:
        s[b + PLUS] += up
    s[b + RANGE] += true_range
    if n < window:
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
        s[b] += distance / window
        return s[b] if n == window - 1 else nan
    s[b] += (distance - s[b]) / window
    return s[b]
