"""Where the close lies in the volume profile, for models: without the scale of the price."""

from alphaplus.features.contract import feature

FAR = 20.0  # average true ranges


@feature(
    inputs=("close", "point_of_control", "nearest_volume_node", "atr_14"),
    outputs=("point_of_control_distance", "nearest_volume_node_distance"),
    unit="average true ranges in [-20, 20]",
)
def profile_distance(s, b, n, close, control, node, atr):
    """Close minus the point of control, and minus the nearest volume node, in average true ranges.

    Capped at 20 either way; 0 in a market that never moved.

    Reference: definition.
    """
    ranges = 1.0 / atr if atr > 0.0 else 0.0
    return max(-FAR, min(FAR, (close - control) * ranges)), max(-FAR, min(FAR, (close - node) * ranges))


@feature(
    inputs=("close", "value_area_low", "value_area_high"),
    outputs=("value_area_position",),
    unit="ratio in [-2, 3]",
)
def value_area_position(s, b, n, close, low, high):
    """Place of the close in the value area: 0 at its low, 1 at its high, beyond them outside, within [-2, 3].

    A value area without any height, as there is without volume, reads 0.5.

    Reference: definition.
    """
    return max(-2.0, min(3.0, (close - low) / (high - low))) if high > low else 0.5
