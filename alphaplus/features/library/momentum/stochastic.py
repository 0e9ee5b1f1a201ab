"""Stochastic oscillator and Williams %R: the close within the range of the last bars."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("highest_{window}", "lowest_{window}", "close"),
    outputs=("stochastic_fast", "williams_r_{window}"),
    variants=({"window": 14},),
    unit=("points in [0, 100]", "points in [-100, 0]"),
)
def stochastic_fast(s, b, n, highest, lowest, close, window):
    """Place of the close in the range of `window` bars, in percent from the bottom, and from the top (Williams %R).

    Without a range they read 50 and -50.

    Reference: Lane (1984) and Williams (1973); TA-Lib, functions STOCHF and WILLR.
    """
    span = highest - lowest
    if span <= 0.0:
        return 50.0, -50.0
    scale = 100.0 / span
    return min((close - lowest) * scale, 100.0), max((close - highest) * scale, -100.0)


@feature(
    inputs=("{column}",),
    outputs=("{name}",),
    variants=(
        {"name": "stochastic_k", "column": "stochastic_fast", "window": 3},
        {"name": "stochastic_d", "column": "stochastic_k", "window": 3},
    ),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="points in [0, 100]",
)
def stochastic_smooth(s, b, n, value, window):
    """Mean of the last `window` values: %K smooths the fast stochastic, %D smooths %K.

    Reference: Lane (1984); TA-Lib, function STOCH.
    """
    return window_sum(s, value, window) / window
