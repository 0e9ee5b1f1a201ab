"""Volume score: which way all that volume says points, in one number."""

from alphaplus.features.contract import feature


@feature(
    inputs=(
        *("volume_flow_imbalance", "obv_slope_20", "cvd_slope_20", "cmf_20", "volume_positioning_score"),
        *("volume_pattern_confidence", "volume_pattern_direction"),
    ),
    outputs=("volume_score",),
    unit="score in [-1, 1]",
)
def volume_score(s, b, n, imbalance, obv, cvd, money, positioning, confidence, direction):
    """Mean of five opinions, each in [-1, 1]: positive where volume backs rising prices, negative where falling ones.

    They are the flow imbalance of 20 bars, the mean slope of OBV and CVD (cut off at 1), Chaikin money flow, the
    positioning score stretched to [-1, 1], and the direction of the volume pattern times its confidence. All weigh the
    same, for want of a reason that they should not. The mirror image of a market has the opposite score.

    Reference: definition.
    """
    trend = min(max(0.5 * (obv + cvd), -1.0), 1.0)
    return (imbalance + trend + money + (2.0 * positioning - 1.0) + direction * confidence) / 5.0
