"""How the returns of the last bars hang together with the return before, and with the volume."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum, window_variance

STEADY = 1e-24  # variance, as a share of the squared mean, below which values are equal


@feature(
    inputs=("log_return_1", "volume_change"),
    outputs=("return_times_last", "return_times_volume_change"),
    history={"log_return_1": 2},
    warmup=2,
    memory=2,
    unit="squared natural logarithm; natural logarithm",
)
def products(s, b, n, change, volume_change):
    """Log return times the one before, and times the change of the volume.

    Reference: definition.
    """
    return s[change] * s[change - 1], s[change] * volume_change


@feature(
    inputs=("return_times_last", "log_return_1_mean_{window}", "log_return_1_squares_{window}"),
    outputs=("return_autocorrelation_{window}",),
    variants=({"window": 20},),
    history={
        "return_times_last": lambda window: window,
        "log_return_1_mean_{window}": 2,
        "log_return_1_squares_{window}": 2,
    },
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def autocorrelation(s, b, n, product, mean, squares, window):
    """Correlation of the last `window` log returns with those one bar before them; 0 where either do not vary.

    Reference: definition, Pearson; pandas, rolling corr with the shifted series.
    """
    now, before = s[squares], s[squares - 1]
    if now <= STEADY * s[mean] * s[mean] * window or before <= STEADY * s[mean - 1] * s[mean - 1] * window:
        return 0.0
    covered = window_sum(s, product, window) - window * s[mean] * s[mean - 1]
    return min(max(covered / sqrt(now * before), -1.0), 1.0)


@feature(
    inputs=(
        "return_times_volume_change",
        "volume_change",
        "log_return_1_mean_{window}",
        "log_return_1_squares_{window}",
    ),
    outputs=("return_volume_correlation_{window}",),
    variants=({"window": 20},),
    history={"return_times_volume_change": lambda window: window, "volume_change": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def return_volume_correlation(s, b, n, product, volume_change, mean, squares, window):
    """Correlation of the last `window` log returns with the changes of the volume; 0 where either do not vary.

    Reference: definition, Pearson.
    """
    other = window_sum(s, volume_change, window) * (1.0 / window)
    variance = window_variance(s, volume_change, window, other)
    if squares <= STEADY * mean * mean * window or variance <= STEADY:
        return 0.0
    covered = window_sum(s, product, window) - window * mean * other
    return min(max(covered / sqrt(squares * variance * window), -1.0), 1.0)
