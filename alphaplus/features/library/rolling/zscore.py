"""Distance of the latest value from the mean of the last ones, in standard deviations."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_deviation, window_sum


@feature(
    inputs=("{column}",),
    outputs=("{column}_zscore_{window}",),
    variants=(
        {"column": "close", "window": 20},
        {"column": "close", "window": 50},
        {"column": "volume", "window": 20},
    ),
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
    mean = window_sum(s, value, window) / window
    deviation = window_deviation(s, value, window, mean)
    return 0.0 if deviation <= 1e-13 * abs(mean) else (s[value] - mean) / deviation
