"""How the returns of the last bars hang together with the return before, and with the volume."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum, window_variance

STEADY = 1e-12  # deviation, as a share of the mean, below which values are equal


@feature(
    inputs=("log_return_1",),
    outputs=("return_times_last",),
    history={"log_return_1": 2},
    warmup=2,
    memory=2,
    unit="squared natural logarithm",
)
def return_times_last(s, b, n, change):
    """Log return times the one before.

    Reference: definition.
    """
    return s[change] * s[change - 1]


@feature(
    inputs=("log_return_1", "volume_change"),
    outputs=("return_times_volume_change",),
    unit="natural logarithm",
)
def return_times_volume_change(s, b, n, change, volume_change):
    """Log return times the change of the volume.

    Reference: definition.
    """
    return change * volume_change


@feature(
    inputs=("return_times_last", "log_return_1_mean_{window}", "log_return_1_std_{window}"),
    outputs=("return_autocorrelation_{window}",),
    variants=({"window": 20},),
    history={
        "return_times_last": lambda window: window,
        "log_return_1_mean_{window}": 2,
        "log_return_1_std_{window}": 2,
    },
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def autocorrelation(s, b, n, product, mean, deviation, window):
    """Correlation of the last `window` log returns with those one bar before them; 0 where either do not vary.

    Reference: definition, Pearson; pandas, rolling corr with the shifted series.
    """
    now, before = s[deviation], s[deviation - 1]
    if now <= STEADY * abs(s[mean]) or before <= STEADY * abs(s[mean - 1]):
        return 0.0
    covered = window_sum(s, product, window) - window * s[mean] * s[mean - 1]
    return min(max(covered / ((window - 1.0) * now * before), -1.0), 1.0)


@feature(
    inputs=(
        "return_times_volume_change",
        "volume_change",
        "log_return_1_mean_{window}",
        "log_return_1_std_{window}",
    ),
    outputs=("return_volume_correlation_{window}",),
    variants=({"window": 20},),
    history={"return_times_volume_change": lambda window: window, "volume_change": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def return_volume_correlation(s, b, n, product, volume_change, mean, deviation, window):
    """Correlation of the last `window` log returns with the changes of the volume; 0 where either do not vary.

    Reference: definition, Pearson.
    """
    other = window_sum(s, volume_change, window) * (1.0 / window)
    variance = window_variance(s, volume_change, window, other)
    if deviation <= STEADY * abs(mean) or variance <= STEADY * STEADY:
        return 0.0
    covered = window_sum(s, product, window) - window * mean * other
    return min(max(covered / (deviation * sqrt(variance * (window * (window - 1.0)))), -1.0), 1.0)
