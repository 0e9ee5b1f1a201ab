"""Bull and bear flag: after a sharp move the price drifts back between two parallel lines, then goes on."""

from alphaplus.features.state import compiled
from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import LOWER_WAY, UPPER_WAY


@bounded.small(variants=({"name": "bull_flag"},))
def bull_flag(s, b, n, high, low, close, atr, *drawn):
    """Bull flag: a sharp rise, then a flat or falling channel; a close above the channel breaks it.

    The newest four turning points of a fine zigzag touch two lines (see `lines`), each of which is flat or falls; the
    height between them at the newest touch, a low, is more than 2/3 of the base and at most 3/2. The leg that ended in
    the oldest touch is the pole: at least four average true ranges high and half of one a bar steep, and the flag
    reaches back over at most 0.6 of it. It is known with the newest touch, if that bar closes between the lines.

    It breaks with a close above the upper line; the target lies the height of the pole above it, the stop the base
    below it. A close below the lower line, or the lines' meeting, ends it unbroken. Strength is 1 less the share of the
    pole that it reaches back over, over the 0.6 that are allowed. Its points are the first and the last touch of the
    upper line, then of the lower.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), flags; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.small_figure(s, b, n, high, low, close, drawn, 1.0 if _is_flag(drawn, atr, 1.0) else 0.0)


@bounded.small(variants=({"name": "bear_flag"},))
def bear_flag(s, b, n, high, low, close, atr, *drawn):
    """Bear flag: a sharp fall, then a flat or rising channel; a close below the channel breaks it.

    The mirror image of a bull flag.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), flags; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.small_figure(s, b, n, high, low, close, drawn, -1.0 if _is_flag(drawn, atr, -1.0) else 0.0)


@compiled
def _is_flag(drawn, atr, side):
    drifts_back = side * drawn[UPPER_WAY] <= 0.0 and side * drawn[LOWER_WAY] <= 0.0
    return drifts_back and bounded.parallel(drawn) and bounded.after_pole(drawn, atr, side)
