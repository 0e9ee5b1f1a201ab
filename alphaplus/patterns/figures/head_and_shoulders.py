"""Head and shoulders and its inverse: a high between two lower ones, over a neckline through the lows between."""

from math import isnan, nan

from alphaplus.patterns.figures import life
from alphaplus.patterns.figures.turned import HORIZON, turned

# All in sizes of the figure, from the head to the lower of the two lows.
HEAD = 0.25  # how far the head must exceed the higher shoulder
SHOULDER = 0.2  # how far a shoulder must rise above the neckline
ALIKE = 1.0 / 3.0  # how much the shoulders may differ
TILT = 1.0 / 3.0  # how much the two lows may differ
EVEN = 1.0 / 3.0  # how long at least the way to one shoulder must be, as a part of the way to the other


@turned(
    5,
    {
        "name": "head_and_shoulders",
        "title": "Head and shoulders: a high between two lower ones; a close below the line through the lows "
        "between breaks it.",
        "side": 1.0,
    },
    {
        "name": "inverse_head_and_shoulders",
        "title": "Inverse head and shoulders: a low between two higher ones; a close above the line through the "
        "highs between breaks it.",
        "side": -1.0,
    },
)
def head_and_shoulders(s, b, n, high, low, close, turn, p1, t1, p2, t2, p3, t3, p4, t4, p5, t5, p6, t6, side):
    """Head and shoulders (side +1) or its inverse (-1): three tops of a medium zigzag, the middle one the highest.

    The neckline goes through the two lows between. In sizes of the figure, which is measured from the head to the lower
    of them: the head exceeds the higher shoulder by more than a quarter; the shoulders differ by at most a third and
    rise at least a fifth above the neckline; the lows differ by at most a third. The move into the left shoulder came
    from below the left low, and of the ways from shoulder to head and from head to shoulder the shorter has at least a
    third of the bars of the longer.

    It breaks with a close beyond the neckline, which goes on with its slope. The target lies as far beyond the neckline
    as the head is above it, the stop as far behind as the right shoulder is above it, and a close beyond the right
    shoulder ends it unbroken. Strength is the mean of three that are 1 where the shoulders are equal, the neckline is
    flat and both ways take equally long, and 0 where the rule just holds. Its points are shoulder, low, head, low,
    shoulder. No figure is both this and a double or triple top, whose tops differ less than the head stands out here.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948); Bulkowski, Encyclopedia of Chart Patterns
    (2005), where a neckline that falls towards the breakout is replaced by the right low.
    """
    broke = life.advance(s, b, n, high, low, close, HORIZON)
    points = nan, nan, nan, nan, nan, nan, nan, nan, nan, nan
    if turn == side and not isnan(p6):
        slope = (p2 - p4) / (t4 - t2)
        level = p2 + slope * t2
        height = side * (p3 - (p4 + slope * (t4 - t3)))
        left, right = side * (p5 - (p4 - slope * (t5 - t4))), side * (p1 - (p2 + slope * (t2 - t1)))
        uneven, tilt = abs(p1 - p5), abs(p2 - p4)
        ways = min(t5 - t3, t3 - t1) / max(t5 - t3, t3 - t1)
        size = side * p3 - min(side * p2, side * p4)
        shaped = (
            side * p3 - max(side * p1, side * p5) > HEAD * size
            and min(left, right) >= SHOULDER * size
            and uneven <= ALIKE * size
            and tilt <= TILT * size
            and side * (p4 - p6) > 0.0
            and ways >= EVEN
        )
        if shaped and side * (close - level) > 0.0:
            strength = (2.0 - uneven / (ALIKE * size) - tilt / (TILT * size) + (ways - EVEN) / (1.0 - EVEN)) / 3.0
            bottom = side * min(side * p2, side * p4)
            life.begin(
                *(s, b, n, -side, level, slope, height, right, p1, 0.0),
                *(max(strength, life.LEAST), min(bottom, p3), max(bottom, p3), HORIZON),
            )
            broke = 0.0
            points = t5, p5, t4, p4, t3, p3, t2, p2, t1, p1
    return life.columns(s, b, n, broke) + points
