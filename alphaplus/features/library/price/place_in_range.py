"""Where the close stands between the highest high and the lowest low of the last bars."""

from alphaplus.features.contract import feature


@feature(
    inputs=("highest_{window}", "lowest_{window}", "close"),
    outputs=("range_position_{window}", "distance_to_high_{window}", "distance_to_low_{window}"),
    variants=({"window": 10}, {"window": 20}, {"window": 50}),
    unit=("ratio in [0, 1]", "ratio, at most 0", "ratio in [0, 1]"),
)
def place_in_range(s, b, n, highest, lowest, close, window):
    """Place of the close in the range of `window` bars, and its distances to both ends as ratios of the close.

    The distance to the high is at most 0, that to the low at least 0. Without a range the position reads 0.5.

    Reference: Donchian channel, relative to price.
    """
    span = highest - lowest
    position = 0.5 if span <= 0.0 else (close - lowest) / span
    return position, (close - highest) / close, (close - lowest) / close
