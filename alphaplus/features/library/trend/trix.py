"""TRIX: how a thrice smoothed close changes."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled

FIRST, SECOND, THIRD = range(3)


@compiled
def smoothed(s, slot, n, value, window):
    """Exponential average kept in a slot, `n` values having come before; until n is window - 1 it is only a sum."""
    if n < window - 1:
        s[slot] += value
    elif n == window - 1:
        s[slot] = (s[slot] + value) * (1.0 / window)
    else:
        s[slot] += (value - s[slot]) * (2.0 / (window + 1.0))
    return s[slot]


@feature(
    inputs=("close",),
    outputs=("trix_{window}",),
    variants=({"window": 15},),
    state=3,
    warmup=lambda window: 3 * window - 1,
    memory=lambda window: 20 * window,
    unit="percent a bar",
)
def trix(s, b, n, close, window):
    """Change in percent of an exponential average of an exponential average of the exponential average of the close.

    Every average begins with the plain mean of the first `window` values that it is given.

    Reference: Hutson, Technical Analysis of Stocks & Commodities (1983); TA-Lib, function TRIX.
    """
    once = smoothed(s, b + FIRST, n, close, window)
    known = n - (window - 1)
    if known < 0:
        return nan
    twice = smoothed(s, b + SECOND, known, once, window)
    known -= window - 1
    if known < 0:
        return nan
    before = s[b + THIRD]
    thrice = smoothed(s, b + THIRD, known, twice, window)
    return nan if known < window else 100.0 * (thrice / before - 1.0)
