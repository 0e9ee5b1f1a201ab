"""Triple top and triple bottom: the price turns three times at the same level."""

from math import isnan, nan

from alphaplus.patterns.figures import life
from alphaplus.patterns.figures.turned import HORIZON, turned

ALIKE = 0.25  # of the height: how much the three tops may differ
LOWS_ALIKE = 1.0 / 3.0  # of the height: how much the two lows may differ
SHALLOW = 1.0 / 3.0  # of the height: how far the move into the figure must exceed it


@turned(
    5,
    {
        "name": "triple_top",
        "title": "Triple top: three highs at one level; a close below the lower of the lows between breaks it.",
        "side": 1.0,
    },
    {
        "name": "triple_bottom",
        "title": "Triple bottom: three lows at one level; a close above the higher of the highs between breaks it.",
        "side": -1.0,
    },
)
def triple_top(s, b, n, high, low, close, turn, p1, t1, p2, t2, p3, t3, p4, t4, p5, t5, p6, t6, side):
    """Triple top (side +1) or bottom (-1): three turning points of a medium zigzag at one level, two between.

    The height is measured from the highest top to the lower of the two lows, which is the level. The tops differ by at
    most a quarter of it, the lows by at most a third, and the move into the first top came from at least a third of the
    height below the level. It breaks with a close beyond the level; the target lies the height beyond it, the stop at
    half of the height behind it, and a close beyond the highest top ends it unbroken. Strength is 1 for equal tops and
    equal lows, and falls to 0 where both differ most. Its points are top, low, top, low, top.

    Its first two tops may have been a double top, which lives on beside it: both expect the same way, the triple top
    from a level that is the same or lies farther. A figure that expects the other way is not born of its points, and
    none is head and shoulders as well, whose head stands out by more than these tops differ.

    Reference: Bulkowski, Encyclopedia of Chart Patterns (2005), triple tops and bottoms; Edwards and Magee (1948).
    """
    broke = life.advance(s, b, n, high, low, close, HORIZON)
    points = nan, nan, nan, nan, nan, nan, nan, nan, nan, nan
    if turn == side and not isnan(p6):
        top = max(side * p1, side * p3, side * p5)
        apart = top - min(side * p1, side * p3, side * p5)
        level = min(side * p2, side * p4)
        uneven = abs(p2 - p4)
        height = top - level
        alike = apart <= ALIKE * height and uneven <= LOWS_ALIKE * height
        if alike and level - side * p6 >= SHALLOW * height and side * close > level:
            strength = 1.0 - 0.5 * (apart / (ALIKE * height) + uneven / (LOWS_ALIKE * height))
            life.begin(
                *(s, b, n, -side, side * level, 0.0, height, 0.5 * height, side * top, 0.0),
                *(max(strength, life.LEAST), min(side * level, side * top), max(side * level, side * top), HORIZON),
            )
            broke = 0.0
            points = t5, p5, t4, p4, t3, p3, t2, p2, t1, p1
    return life.columns(s, b, n, broke) + points
