"""Bollinger bands: an average with a channel of standard deviations around it."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close", "sma_{window}", "close_deviation_{window}"),
    outputs=("bollinger_upper", "bollinger_middle", "bollinger_lower", "bollinger_width", "bollinger_percent_b"),
    variants=({"window": 20, "deviations": 2},),
    unit=(*("price",) * 3, "ratio, at least 0", "ratio in [-0.6, 1.6], 0 at the lower band and 1 at the upper one"),
)
def bollinger(s, b, n, close, middle, deviation, window, deviations):
    """Mean of the closes, the bands around it, their distance over the mean, and the place of the close (%b).

    The standard deviation divides by `window`. A flat market has width 0 and %b 0.5.

    Reference: Bollinger, Bollinger on Bollinger Bands (2001).
    """
    half = deviations * deviation
    width = 2.0 * half / middle
    percent_b = 0.5 if width < 1e-12 else (close - middle + half) / (2.0 * half)
    return middle + half, middle, middle - half, width, percent_b
