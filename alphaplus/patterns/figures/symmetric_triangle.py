"""Symmetric triangle: highs fall and lows rise, until the price goes on the way it came."""

from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import CAME, LOWER_WAY, UPPER_WAY


@bounded.large(variants=({"name": "symmetric_triangle"},))
def symmetric_triangle(s, b, n, high, low, close, *drawn):
    """Symmetric triangle: falling highs and rising lows; it breaks the way the price came into it.

    Touches and lines are those of an ascending triangle, but the upper line falls and the lower one rises. It is taken
    to go on the way the price came: of the three turning points before the touches, the newest that lies beyond them
    all tells whether that was from below or from above, and where there is none there is no figure. It breaks with a
    close beyond the line on that side; target, stop, end, strength and points as there.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), symmetrical triangles; Bulkowski,
    Encyclopedia of Chart Patterns (2005).
    """
    found = drawn[UPPER_WAY] < 0.0 and drawn[LOWER_WAY] > 0.0 and bounded.converge(drawn)
    direction = drawn[CAME] if found else 0.0
    return bounded.large_figure(s, b, n, high, low, close, drawn, direction)
