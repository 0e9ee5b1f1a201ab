"""True range: the range of a bar, the gap from the close before included."""

from alphaplus.features.contract import feature

CLOCKS = ({}, {"every": "1h"}, {"every": "4h"}, {"every": "1d"})


@feature(
    inputs=("high", "low", "close"),
    outputs=("true_range",),
    variants=CLOCKS,
    history={"close": 2},
    warmup=2,
    memory=2,
    unit="price",
)
def true_range(s, b, n, high, low, close):
    """Higher of high and last close, minus the lower of low and last close.

    Reference: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib, function TRANGE.
    """
    previous = s[close - 1]
    return max(high, previous) - min(low, previous)
