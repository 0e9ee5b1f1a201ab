"""Aroon: how long ago the high and the low of the last bars were."""

from alphaplus.features.contract import feature
from alphaplus.features.state import bars_since_high, bars_since_low

HIGH, LOW = range(2)


@feature(
    inputs=("high", "low"),
    outputs=("aroon_up_{window}", "aroon_down_{window}", "aroon_oscillator_{window}"),
    variants=({"window": 25},),
    state=2,
    history={"high": lambda window: window + 1, "low": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit=("points in [0, 100]", "points in [0, 100]", "points in [-100, 100]"),
)
def aroon(s, b, n, high, low, window):
    """Bars since the highest high and the lowest low of `window` + 1 bars, from 100 (now) to 0, and the difference.

    Of equal extremes the latest counts.

    Reference: Chande (1995); TA-Lib, functions AROON and AROONOSC.
    """
    since_high = bars_since_high(s, b + HIGH, high, window + 1, n == window)
    since_low = bars_since_low(s, b + LOW, low, window + 1, n == window)
    up = 100.0 * (window - since_high) / window
    down = 100.0 * (window - since_low) / window
    return up, down, up - down
