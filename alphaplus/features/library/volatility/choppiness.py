"""Choppiness index: how much of the movement of the last bars led nowhere."""

from math import log

from alphaplus.features.contract import feature


@feature(
    inputs=("true_range_sum_{window}", "highest_{window}", "lowest_{window}"),
    outputs=("choppiness_{window}",),
    variants=({"window": 14},),
    unit="points, mostly in [0, 100]",
)
def choppiness(s, b, n, total, highest, lowest, window):
    """Logarithm of the sum of true ranges over the range of all the bars, to the base `window`, times 100.

    0 for a straight way; all ranges on top of each other give 100, and a little more where the first bar gapped far. A
    market without movement reads 50.

    Reference: Dreiss, Choppiness Index (1993).
    """
    span = highest - lowest
    return 50.0 if span <= 0.0 else log(total / span) * (100.0 / log(window))
