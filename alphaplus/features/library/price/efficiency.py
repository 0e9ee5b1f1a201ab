"""Efficiency ratio: how straight the way of the price was."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close",),
    outputs=("efficiency_ratio_{window}",),
    variants=({"window": 10}, {"window": 20}, {"window": 10, "every": "4h"}),
    history={"close": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="ratio in [-1, 1]",
)
def efficiency_ratio(s, b, n, close, window):
    """Net movement over `window` bars divided by the sum of the single movements, with the sign of the net one.

    A flat market reads 0.

    Reference: Kaufman, Smarter Trading (1995), signed.
    """
    way = 0.0
    for k in range(window):
        way += abs(s[close - k] - s[close - k - 1])
    return 0.0 if way == 0.0 else (s[close] - s[close - window]) / way
