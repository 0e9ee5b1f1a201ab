"""Distance of the latest value from the mean of the last ones, in standard deviations."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_deviation, window_sum


@feature(
    inputs=("close", "sma_{window}"),
    outputs=("close_deviation_{window}",),
    variants=({"window": 20}, {"window": 50}),
    history={"close": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="price",
)
def close_deviation(s, b, n, close, mean, window):
    """Standard deviation of the last `window` closes (divisor `window`).

    Reference: TA-Lib, function STDDEV.
    """
    return window_deviation(s, close, window, mean)


@feature(
    inputs=("close", "sma_{window}", "close_deviation_{window}"),
    outputs=("close_zscore_{window}",),
    variants=({"window": 20}, {"window": 50}),
    unit="standard deviations",
)
def close_zscore(s, b, n, close, mean, deviation, window):
    """Close minus the mean of the last `window` ones, over their standard deviation; equal closes read 0.

    Reference: definition.
    """
    return 0.0 if deviation <= 1e-13 * mean else (close - mean) / deviation


@feature(
    inputs=("{column}",),
    outputs=("{column}_zscore_{window}",),
    variants=({"column": "volume", "window": 20}, {"column": "volume", "window": 50}),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="standard deviations",
)
def zscore(s, b, n, value, window):
    """Value minus the mean of the last `window` ones, over their standard deviation (divisor `window`).

    Equal values read 0.

    Reference: definition.
    """
    mean = window_sum(s, value, window) * (1.0 / window)
    deviation = window_deviation(s, value, window, mean)
    return 0.0 if deviation <= 1e-13 * abs(mean) else (s[value] - mean) / deviation
