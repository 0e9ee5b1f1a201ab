"""Share of rising closes."""

from alphaplus.features.contract import feature


@feature(
    inputs=("close",),
    outputs=("up_ratio_{window}",),
    variants=({"window": 10}, {"window": 20}),
    history={"close": lambda window: window + 1},
    warmup=lambda window: window + 1,
    memory=lambda window: window + 1,
    unit="ratio in [0, 1]",
)
def up_ratio(s, b, n, close, window):
    """Share of the last `window` closes that were above the one before, unchanged ones counting half.

    Reference: definition.
    """
    points = 0
    for k in range(window):
        points += 1 if s[close - k] > s[close - k - 1] else 0
        points += 1 if s[close - k] >= s[close - k - 1] else 0
    return points * (0.5 / window)
