"""Runs of rising and of falling closes."""

from math import nan

from alphaplus.features.contract import feature

PREVIOUS, UP, DOWN = range(3)
MOST = 10.0  # longer runs are not told apart


@feature(
    inputs=("close",),
    outputs=("consecutive_up", "consecutive_down"),
    state=3,
    warmup=2,
    memory=12,
    unit="bars in [0, 10]",
)
def streak(s, b, n, close):
    """How many closes in a row rose, and how many fell, up to 10; an unchanged close ends both.

    Reference: definition.
    """
    previous = s[b + PREVIOUS]
    s[b + PREVIOUS] = close
    if n == 0:
        return nan, nan
    s[b + UP] = min(s[b + UP] + 1.0, MOST) if close > previous else 0.0
    s[b + DOWN] = min(s[b + DOWN] + 1.0, MOST) if close < previous else 0.0
    return s[b + UP], s[b + DOWN]
