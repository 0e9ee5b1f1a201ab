"""What the fitted regimes look at: returns, ranges and volatility in units of what is usual, whatever the price."""

from math import log, nan, sqrt

from alphaplus.features.contract import feature

SPAN = 300.0  # bars that make what is usual
BEGIN = 100  # bars until the first value
LEAST, MOST = 0.05, 20.0  # where ratios end before their logarithm is taken


@feature(
    inputs=("log_return_1",),
    outputs=("slow_volatility",),
    state=1,
    warmup=BEGIN,
    memory=4_800,
    unit="standard deviation a bar, as a ratio",
)
def slow_volatility(s, b, n, change):
    """Root of the mean squared log return, exponential with weight 1/300: the volatility that is usual.

    The first 300 bars weigh alike; the first value comes with the hundredth return.

    Reference: J.P. Morgan, RiskMetrics Technical Document (1996), with a longer memory.
    """
    s[b] += (change * change - s[b]) / min(n + 1.0, SPAN)
    return nan if n < BEGIN - 1 else sqrt(s[b])


@feature(
    inputs=("log_return_1", "range_ratio", "realised_volatility_20", "slow_volatility"),
    outputs=("return_to_volatility", "log_range_ratio", "log_volatility_ratio"),
    unit=("standard deviations in [-17.4, 17.4]", "natural logarithm in [-3, 3]", "natural logarithm in [-3, 3]"),
)
def observations(s, b, n, change, span, recent, usual):
    """Return, range and realised volatility of 20 bars over the usual volatility, the last two as logarithms.

    Their ratios end at 1/20 and 20 before the logarithm. Where the usual volatility is 0 all three read 0.

    Reference: Alizadeh, Brandt & Diebold, Range-Based Estimation of Stochastic Volatility Models (2002), for the
    logarithm of the range, which is nearly normal.
    """
    if usual <= 0.0:
        return 0.0, 0.0, 0.0
    one = 1.0 / usual
    ranged = log(min(max(span * one, LEAST), MOST))
    moved = log(min(max(recent * one, LEAST), MOST))
    return change * one, ranged, moved
