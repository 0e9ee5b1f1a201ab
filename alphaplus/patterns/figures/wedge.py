"""Rising and falling wedge: both lines go one way and come closer, for the move tires; it is expected to turn."""

from alphaplus.features.state import compiled
from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import LOWER_WAY, UPPER_WAY


@bounded.large(variants=({"name": "rising_wedge"},))
def rising_wedge(s, b, n, high, low, close, *drawn):
    """Rising wedge: two rising lines that come closer; a close below the lower one breaks it.

    Touches and lines are those of an ascending triangle, but both lines rise, the lower one faster: the height between
    them shrinks to two thirds of the base or less. Target and stop lie the base below the lower line and half of the
    base above it, as of the bar that breaks it; end, strength and points are as there.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), wedges; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, -1.0 if _is_wedge(drawn, 1.0) else 0.0)


@bounded.large(variants=({"name": "falling_wedge"},))
def falling_wedge(s, b, n, high, low, close, *drawn):
    """Falling wedge: two falling lines that come closer; a close above the upper one breaks it.

    The mirror image of a rising wedge.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), wedges; Bulkowski, Encyclopedia of Chart
    Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, 1.0 if _is_wedge(drawn, -1.0) else 0.0)


@compiled
def _is_wedge(drawn, side):
    return drawn[UPPER_WAY] == side and drawn[LOWER_WAY] == side and bounded.converge(drawn)
