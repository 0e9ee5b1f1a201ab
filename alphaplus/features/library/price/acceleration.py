"""Momentum of the close, and how it changes."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close",),
    outputs=("acceleration_{window}",),
    variants=({"window": 5}, {"window": 10}),
    history={"close": lambda window: 2 * window + 1},
    warmup=lambda window: 2 * window + 1,
    memory=lambda window: 2 * window + 1,
    unit="ratio",
)
def acceleration(s, b, n, close, window):
    """Return over the last `window` bars minus the return over the `window` bars before them.

    Reference: definition.
    """
    middle = s[close - window]
    return s[close] / middle - middle / s[close - 2 * window]


@feature(
    inputs=("close",),
    outputs=("momentum_{window}",),
    variants=({"window": 5}, {"window": 10}, {"window": 20}),
    history={"close": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="price",
)
def momentum(s, b, n, close, window):
    """Close minus the close `window` bars ago.

    Reference: TA-Lib, function MOM.
    """
    return s[close] - s[close - window]
