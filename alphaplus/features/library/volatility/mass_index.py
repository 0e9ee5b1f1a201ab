"""Mass index: ranges that widen, whichever way the price goes."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.library.trend.trix import smoothed
from alphaplus.features.state import window_sum

ONCE, TWICE = range(2)


@feature(
    inputs=("high", "low"),
    outputs=("range_widening_{window}",),
    variants=({"window": 9},),
    state=2,
    warmup=lambda window: 2 * window - 1,
    memory=lambda window: 20 * window,
    unit="ratio",
)
def range_widening(s, b, n, high, low, window):
    """Exponential average of the range over the exponential average of that average; 1 without any range.

    Both averages begin with a plain mean.

    Reference: Dorsey, Technical Analysis of Stocks & Commodities (1992).
    """
    once = smoothed(s, b + ONCE, n, high - low, window)
    if n < window - 1:
        return nan
    twice = smoothed(s, b + TWICE, n - window + 1, once, window)
    if n < 2 * window - 2:
        return nan
    return 1.0 if twice <= 0.0 else once / twice


@feature(
    inputs=("range_widening_9",),
    outputs=("mass_index_{window}",),
    variants=({"window": 25},),
    history={"range_widening_9": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="points, around {window}",
)
def mass_index(s, b, n, widening, window):
    """Sum of the last `window` widenings; above 27 the range bulges.

    Reference: Dorsey, Technical Analysis of Stocks & Commodities (1992).
    """
    return window_sum(s, widening, window)
