"""Rectangle: the price swings between two flat lines, until it goes on the way it came."""

from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import CAME, LOWER_WAY, UPPER_WAY


@bounded.large(variants=({"name": "rectangle"},))
def rectangle(s, b, n, high, low, close, *drawn):
    """Rectangle: highs at one level and lows at another; it breaks the way the price came into it.

    Touches and lines are those of an ascending triangle, but both lines are flat and the height between them at the
    newest touch is more than 2/3 of the base and at most 3/2. It is taken to go on the way the price came, as a
    symmetric triangle is, and where that cannot be told there is none. Target, stop, end, strength and points are as
    there.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), rectangles; Bulkowski, Encyclopedia of
    Chart Patterns (2005).
    """
    found = drawn[UPPER_WAY] == 0.0 and drawn[LOWER_WAY] == 0.0 and bounded.parallel(drawn)
    direction = drawn[CAME] if found else 0.0
    return bounded.large_figure(s, b, n, high, low, close, drawn, direction)
