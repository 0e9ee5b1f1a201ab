"""Realised volatility: the root mean square of log returns."""

from math import sqrt

from alphaplus.features.contract import feature


@feature(
    inputs=("log_return_1",),
    outputs=("realised_volatility_{window}",),
    variants=({"window": 20}, {"window": 50}),
    history={"log_return_1": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="standard deviation a bar, as a ratio",
)
def realised_volatility(s, b, n, change, window):
    """Root of the mean squared log return of the last `window` bars; the mean return is taken as zero.

    Reference: Andersen & Bollerslev (1998).
    """
    total = 0.0
    for k in range(window):
        total += s[change - k] * s[change - k]
    return sqrt(total / window)
