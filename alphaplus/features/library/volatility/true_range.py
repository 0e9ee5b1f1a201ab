"""True range: the range of a bar, the gap from the close before included."""

from alphaplus.features.contract import feature
from alphaplus.features.library.clocks import on_all_clocks


@feature(
    inputs=("high", "low", "close"),
    outputs=("true_range",),
    variants=on_all_clocks(),
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
