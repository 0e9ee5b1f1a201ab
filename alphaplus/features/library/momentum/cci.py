"""Commodity channel index (CCI): the typical price against its mean, in mean deviations."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_distance, window_sum


@feature(
    inputs=("typical_price",),
    outputs=("cci_{window}",),
    variants=({"window": 20},),
    history={"typical_price": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="points, mostly in [-200, 200]",
)
def cci(s, b, n, price, window):
    """Distance of the typical price from its mean, over 0.015 times the mean absolute deviation.

    A flat market reads 0.

    Reference: Lambert (1980); TA-Lib, function CCI.
    """
    mean = window_sum(s, price, window) * (1.0 / window)
    deviation = window_distance(s, price, window, mean)
    return 0.0 if deviation <= 1e-14 * mean else (s[price] - mean) / (0.015 * deviation)
