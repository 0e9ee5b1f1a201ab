"""Bull and bear pennant: after a sharp move the price rests in a small triangle, then goes on."""

from alphaplus.features.state import compiled
from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import LOWER_WAY, UPPER_WAY


@bounded.small(variants=({"name": "bull_pennant"},))
def bull_pennant(s, b, n, high, low, close, atr, *drawn):
    """Bull pennant: a sharp rise, then a small triangle; a close above the triangle breaks it.

    Touches, lines and pole are those of a bull flag, but the upper line is flat or falls, the lower one is flat or
    rises, and the height between them shrinks to two thirds of the base or less. Target, stop, end, strength and points
    are as there.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), pennants; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.small_figure(s, b, n, high, low, close, drawn, 1.0 if _is_pennant(drawn, atr, 1.0) else 0.0)


@bounded.small(variants=({"name": "bear_pennant"},))
def bear_pennant(s, b, n, high, low, close, atr, *drawn):
    """Bear pennant: a sharp fall, then a small triangle; a close below the triangle breaks it.

    The mirror image of a bull pennant.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), pennants; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.small_figure(s, b, n, high, low, close, drawn, -1.0 if _is_pennant(drawn, atr, -1.0) else 0.0)


@compiled
def _is_pennant(drawn, atr, side):
    meets = drawn[UPPER_WAY] <= 0.0 and drawn[LOWER_WAY] >= 0.0
    return meets and bounded.converge(drawn) and bounded.after_pole(drawn, atr, side)
