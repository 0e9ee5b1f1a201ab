"""Mean, standard deviation, skewness and kurtosis of the last values of a column, and the z-score of the latest."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


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
    unit="mean and deviation as the column; skewness, excess kurtosis and z-score without unit",
)
def moments(s, b, n, value, window):
    """Mean, sample standard deviation, skewness, excess kurtosis and z-score of the last `window` values.

    The deviation divides by `window` - 1, skewness and kurtosis are plain moment ratios. The z-score is the latest
    value's distance from the mean, in deviations that divide by `window`. Equal values read 0 but for the mean.

    Reference: definition; scipy.stats.skew, kurtosis and zscore with bias.
    """
    mean = window_sum(s, value, window) / window
    second = third = fourth = 0.0
    other_second = other_third = other_fourth = 0.0  # a second set of sums lets two values be added at once
    for k in range(0, window - 1, 2):
        distance, other = s[value - k] - mean, s[value - k - 1] - mean
        square, other_square = distance * distance, other * other
        second += square
        other_second += other_square
        third += square * distance
        other_third += other_square * other
        fourth += square * square
        other_fourth += other_square * other_square
    if window % 2:
        distance = s[value - window + 1] - mean
        second += distance**2
        third += distance**3
        fourth += distance**4
    second = (second + other_second) / window
    third = (third + other_third) / window
    fourth = (fourth + other_fourth) / window
    if second <= 1e-26 * mean * mean or second < 1e-100:
        return mean, 0.0, 0.0, 0.0, 0.0
    deviation = sqrt(second)
    sample = deviation * sqrt(window / (window - 1.0))
    inverse = 1.0 / deviation
    square = inverse * inverse
    return mean, sample, third * (square * inverse), fourth * (square * square) - 3.0, (s[value] - mean) * inverse
