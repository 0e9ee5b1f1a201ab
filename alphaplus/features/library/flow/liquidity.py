"""Liquidity score: how easily one could trade now, compared with the bars before."""

from alphaplus.features.contract import feature


@feature(
    inputs=("depth_ratio_{window}", "spread_ratio_{window}"),
    outputs=("liquidity_score",),
    variants=({"window": 20},),
    unit="score in [0, 1]",
)
def liquidity_score(s, b, n, depth, spread, window):
    """Half from depth and half from spread, each compared with its own mean of the last `window` bars.

    With d and p for depth within one percent and spread over those means it is the mean of d / (d + 1) and 1 / (p + 1):
    0.5 in a book that is as usual, towards 1 with more depth and a narrower spread, towards 0 the other way. It rises
    with depth, falls with spread, and knows no units; as each instrument is compared with itself alone, it does not say
    which of two is the more liquid.

    Reference: definition; depth and tightness after Kyle (1985).
    """
    return 0.5 * (depth / (depth + 1.0) + 1.0 / (spread + 1.0))
