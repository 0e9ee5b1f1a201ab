"""Double top and double bottom: the price turns twice at the same level."""

from math import isnan, nan

from alphaplus.patterns.figures import life
from alphaplus.patterns.figures.turned import HORIZON, turned

ALIKE = 0.25  # of the height: how much the two tops may differ
SHALLOW = 1.0 / 3.0  # of the height: how far the move into the figure must exceed it


@turned(
    3,
    {
        "name": "double_top",
        "title": "Double top: two highs at one level; a close below the low between breaks it.",
        "side": 1.0,
    },
    {
        "name": "double_bottom",
        "title": "Double bottom: two lows at one level; a close above the high between breaks it.",
        "side": -1.0,
    },
)
def double_top(s, b, n, high, low, close, turn, p1, t1, p2, t2, p3, t3, p4, t4, side):
    """Double top (side +1) or bottom (-1): two turning points of a medium zigzag at one level, a third one between.

    The height is measured from the higher top to the low between. The tops differ by at most a quarter of it, and the
    move into the first one came from at least a third of it below that low. It breaks with a close beyond the low
    between; the target lies the height beyond it, the stop at half of the height behind it, and a close beyond the
    higher top ends it unbroken. Strength is 1 for equal tops and falls to 0 where they differ most. Its points are top,
    low, top. A third top at the level makes a triple top of it, beside which it lives on.

    Reference: Bulkowski, Encyclopedia of Chart Patterns (2005), double tops and bottoms; Edwards and Magee (1948).
    """
    broke = life.advance(s, b, n, high, low, close, HORIZON)
    points = nan, nan, nan, nan, nan, nan
    if turn == side and not isnan(p4):
        top = max(side * p1, side * p3) * side
        height = side * (top - p2)
        apart = abs(p1 - p3)
        before = side * (p2 - p4)
        if apart <= ALIKE * height and before >= SHALLOW * height and side * (close - p2) > 0.0:
            strength = max(1.0 - apart / (ALIKE * height), life.LEAST)
            life.begin(
                s, b, n, -side, p2, 0.0, height, 0.5 * height, top, 0.0, strength, min(p2, top), max(p2, top), HORIZON
            )
            broke = 0.0
            points = t3, p3, t2, p2, t1, p1
    return life.columns(s, b, n, broke) + points
