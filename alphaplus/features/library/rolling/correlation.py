"""How the returns of the last bars hang together with the return before, and with the volume."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_covariance, window_sum, window_variance

STEADY = 1e-12  # deviation, as a share of the mean, below which values are equal


@feature(
    inputs=("log_return_1", "log_return_1_mean_{window}", "log_return_1_std_{window}"),
    outputs=("return_autocorrelation_{window}",),
    variants=({"window": 20},),
    history={
        "log_return_1": lambda window: window + 1,
        "log_return_1_mean_{window}": 2,
        "log_return_1_std_{window}": 2,
    },
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="ratio in [-1, 1]",
)
def autocorrelation(s, b, n, change, mean, deviation, window):
    """Correlation of the last `window` log returns with those one bar before them; 0 where either do not vary.

    Reference: definition, Pearson; pandas, rolling corr with the shifted series.
    """
    now, before = s[deviation], s[deviation - 1]
    if now <= STEADY * abs(s[mean]) or before <= STEADY * abs(s[mean - 1]):
        return 0.0
    covariance = window_covariance(s, change, change - 1, window, s[mean], s[mean - 1])
    return min(max(covariance * (window / (window - 1.0)) / (now * before), -1.0), 1.0)


@feature(
    inputs=("log_return_1", "volume_change", "log_return_1_mean_{window}", "log_return_1_std_{window}"),
    outputs=("return_volume_correlation_{window}",),
    variants=({"window": 20},),
    history={"log_return_1": lambda window: window, "volume_change": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [-1, 1]",
)
def return_volume_correlation(s, b, n, change, volume_change, mean, deviation, window):
    """Correlation of the last `window` log returns with the changes of the volume; 0 where either do not vary.

    Reference: definition, Pearson.
    """
    other = window_sum(s, volume_change, window) * (1.0 / window)
    variance = window_variance(s, volume_change, window, other)
    if deviation <= STEADY * abs(mean) or variance <= STEADY * STEADY:
        return 0.0
    covariance = window_covariance(s, change, volume_change, window, mean, other)
    return min(max(covariance / (deviation * sqrt(variance * ((window - 1.0) / window))), -1.0), 1.0)
