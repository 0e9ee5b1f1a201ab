"""Realised volatility, how the present one compares with the usual one, and how unsteady it is."""

from math import sqrt

from alphaplus.features.contract import feature
from alphaplus.features.state import window_deviation, window_sum


@feature(
    inputs=("log_return_1_mean_{window}", "log_return_1_std_{window}"),
    outputs=("realised_volatility_{window}",),
    variants=({"window": 5}, {"window": 20}, {"window": 50}),
    unit="standard deviation a bar, as a ratio",
)
def realised_volatility(s, b, n, mean, deviation, window):
    """Root of the mean squared log return of the last `window` bars; the mean return is taken as zero.

    Reference: Andersen & Bollerslev (1998).
    """
    return sqrt(deviation * deviation * ((window - 1.0) / window) + mean * mean)


@feature(
    inputs=("realised_volatility_{short}", "realised_volatility_{long}"),
    outputs=("volatility_ratio_{short}_{long}",),
    variants=({"short": 5, "long": 20}, {"short": 20, "long": 50}),
    unit="ratio",
)
def volatility_ratio(s, b, n, lately, usually, short, long):
    """Realised volatility of a few bars over that of more bars; 1 in a market without movement.

    Reference: definition.
    """
    return 1.0 if usually <= 0.0 else lately / usually


@feature(
    inputs=("realised_volatility_{window}",),
    outputs=("volatility_of_volatility_{window}",),
    variants=({"window": 20},),
    history={"realised_volatility_{window}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio",
)
def volatility_of_volatility(s, b, n, volatility, window):
    """Standard deviation of the last `window` realised volatilities over their mean (divisor `window`).

    A market without movement reads 0.

    Reference: definition, a coefficient of variation.
    """
    mean = window_sum(s, volatility, window) * (1.0 / window)
    return 0.0 if mean <= 0.0 else window_deviation(s, volatility, window, mean) / mean
