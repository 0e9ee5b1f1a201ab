"""Ascending and descending triangle: the price presses against a flat line from ever closer."""

from alphaplus.features.state import compiled
from alphaplus.patterns.figures import bounded
from alphaplus.patterns.figures.lines import LOWER_WAY, UPPER_WAY


@bounded.large(variants=({"name": "ascending_triangle"},))
def ascending_triangle(s, b, n, high, low, close, *drawn):
    """Ascending triangle: highs at one level and rising lows; a close above the highs breaks it.

    Five touches in turn, the newest turning points of a medium zigzag, lie on two lines (see `lines`), the middle one
    of three at most a quarter of the base off. The upper line is flat and the lower one rises, so that the height
    between them shrinks to two thirds of the base or less. It is known with the newest touch, if that bar closes
    between the lines, and anew with every further touch that fits.

    It breaks with a close above the upper line; the target lies the base above it, the stop half of the base below it.
    A close below the lower line, or the lines' meeting, ends it unbroken. Strength is 1 where the middle touch lies on
    its line and falls to 0 where it lies farthest off. Its points are the first and the last touch of the upper line,
    then of the lower.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), right-angled triangles; Bulkowski,
    Encyclopedia of Chart Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, 1.0 if _is_triangle(drawn, 1.0) else 0.0)


@bounded.large(variants=({"name": "descending_triangle"},))
def descending_triangle(s, b, n, high, low, close, *drawn):
    """Descending triangle: lows at one level and falling highs; a close below the lows breaks it.

    The mirror image of an ascending triangle: the lower line is flat, the upper one falls.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), right-angled triangles; Bulkowski,
    Encyclopedia of Chart Patterns (2005).
    """
    return bounded.large_figure(s, b, n, high, low, close, drawn, -1.0 if _is_triangle(drawn, -1.0) else 0.0)


@compiled
def _is_triangle(drawn, side):
    flat, sloped = (drawn[UPPER_WAY], drawn[LOWER_WAY]) if side > 0.0 else (drawn[LOWER_WAY], drawn[UPPER_WAY])
    return flat == 0.0 and sloped == side and bounded.converge(drawn)
