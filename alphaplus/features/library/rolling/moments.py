"""Mean, standard deviation, skewness and kurtosis of the last values of a column, and the z-score of the latest."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_moments, window_sum


@feature(
    inputs=("{column}",),
    outputs=(
        "{column}_mean_{window}",
        "{column}_std_{window}",
        "{column}_skew_{window}",
        "{column}_kurtosis_{window}",
        "{column}_zscore_{window}",
    ),
    variants=tuple({"column": "log_return_1", "window": window} for window in (5, 10, 20, 50)),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit=(*("as the column",) * 2, "number without unit", "number without unit, at least -2", "standard deviations"),
)
def moments(s, b, n, value, window):
    """Mean, sample standard deviation, skewness, excess kurtosis and z-score of the last `window` values.

    The deviation divides by `window` - 1, skewness and kurtosis are plain moment ratios. The z-score is the latest
    value's distance from the mean, in deviations that divide by `window`. Equal values read 0 but for the mean.

    Reference: definition; scipy.stats.skew, kurtosis and zscore with bias.
    """
    mean = window_sum(s, value, window) / window
    second, third, fourth = window_moments(s, value, window, mean)
    if second <= 1e-26 * mean * mean or second < 1e-100:
        return mean, 0.0, 0.0, 0.0, 0.0
    deviation = sqrt(second)
    sample = deviation * sqrt(window / (window - 1.0))
    inverse = 1.0 / deviation
    square = inverse * inverse
    return mean, sample, third * (square * inverse), fourth * (square * square) - 3.0, (s[value] - mean) * inverse
