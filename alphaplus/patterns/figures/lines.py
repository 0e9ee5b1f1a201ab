"""Two lines through turning points, one above and one below the price: what triangles, wedges and channels are made of.

The geometry is worked out once, on the bar that confirms a turning point, and handed on in hidden columns. Figures take
them as one tuple, in the order of `PARTS`.
"""

from math import isnan, nan

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled
from alphaplus.patterns.contract import PIVOTS

FLAT = 0.25  # of the base: a line that rises or falls by at most this over the figure is flat
LONG, SHORT = 5, 4  # touches of a large figure, and of a small one

(
    UPPER,
    UPPER_SLOPE,
    UPPER_WAY,
    LOWER,
    LOWER_SLOPE,
    LOWER_WAY,
    BASE,
    NARROWING,
    LOOSE,
    BOTTOM,
    TOP,
    MOVE,
    MOVE_BARS,
    CAME,
    TOUCHES,
) = range(15)
FIRST_UPPER, FIRST_LOWER = TOUCHES + 1, TOUCHES + 5  # prices of these touches
PARTS = (
    *("upper", "upper_slope", "upper_way", "lower", "lower_slope", "lower_way"),
    *("base", "narrowing", "loose", "bottom", "top", "move", "move_bars", "came"),
    *(f"{line}_{part}_{i}" for line in ("upper", "lower") for i in (1, 2) for part in ("bars", "price")),
)
MEDIUM = tuple(f"lines_medium_{part}" for part in PARTS)
"""The columns of the lines of large figures."""
FINE = tuple(f"lines_fine_{part}" for part in PARTS)
"""The same of small figures."""
TURNS = tuple(f"zigzag_{{name}}_{part}_{i}" for i in range(1, 9) for part in ("price", "bars"))


@feature(
    inputs=("close", "zigzag_{name}_turn", *TURNS),
    optional=TURNS,
    outputs=[f"lines_{{name}}_{part}" for part in PARTS],
    variants=({"name": "medium", "touches": LONG}, {"name": "fine", "touches": SHORT}),
    hidden=[f"lines_{{name}}_{part}" for part in PARTS],
    group=PIVOTS,
    unit=(
        *("price", "price a bar", "-1, 0 or 1") * 2,
        *(
            "price",
            "ratio",
            "share of the base, at least 0",
            "price",
            "price",
            "price",
            "bars, at least 0",
            "-1, 0 or 1",
        ),
        *("bars, at least 0", "price") * 4,
    ),
)
def lines(s, b, n, close, turn, p1, t1, p2, t2, p3, t3, p4, t4, p5, t5, p6, t6, p7, t7, p8, t8, touches):
    """The upper and the lower line through the last turning points, on the bar that confirms the newest of them.

    Of the newest five, three touch one line and two the other; the first and the last touch of each line decide where
    it runs. Of four, two touch each. `upper` and `lower` are the prices of the lines on this bar, their slopes what
    they change by every bar. `base` is the height between the lines at the oldest touch, and `narrowing` that at the
    newest touch over it. A line's way is 0 where it changes by at most a quarter of the base from the oldest to the
    newest touch, else the sign of its slope. `loose` is how far the middle touch of three lies from its line, over the
    base, and 0 of two. `bottom` and `top` are the lowest and the highest touch, `move` the leg that ended in the oldest
    one, positive where it rose, and `move_bars` the bars that it took. `came` is the way the price came in: +1 where
    the newest of three turning points before the touches that is beyond them is lower, -1 where it is higher, 0 where
    none is beyond. Then come the first and the last touch of the upper line, then of the lower. All is NaN on other
    bars, and where the close is not between the lines.

    Reference: Edwards and Magee, Technical Analysis of Stock Trends (1948), on boundary lines of price patterns.
    """
    if turn == 0.0 or isnan(p5 if touches == LONG else p4):
        return _nothing()
    first, first_at = (p5, t5) if touches == LONG else (p3, t3)
    slope, other_slope = (p1 - first) / (first_at - t1), (p2 - p4) / (t4 - t2)
    line, other = p1 + slope * t1, p2 + other_slope * t2
    oldest = t5 if touches == LONG else t4
    base = turn * (line - other - (slope - other_slope) * oldest)
    if not (base > 0.0 and turn * (line - close) > 0.0 and turn * (close - other) > 0.0):
        return _nothing()
    narrowing = turn * (line - other - (slope - other_slope) * t1) / base
    loose = abs(p3 - line + slope * t3) / base if touches == LONG else 0.0
    width = oldest - t1
    way, other_way = _way(slope * width / base), _way(other_slope * width / base)
    farthest = turn * max(turn * p1, turn * p3, turn * first)
    opposite = turn * min(turn * p2, turn * p4)
    move, move_bars = (p5 - p6, t6 - t5) if touches == LONG else (p4 - p5, t5 - t4)
    bottom, top = min(farthest, opposite), max(farthest, opposite)
    came = _came(p6, p7, p8, bottom, top) if touches == LONG else _came(p5, p6, p7, bottom, top)
    shape = base, narrowing, loose, bottom, top, move, move_bars, came
    drawn, other_drawn = (first_at, first, t1, p1), (t4, p4, t2, p2)
    if turn > 0.0:
        return (line, slope, way, other, other_slope, other_way) + shape + drawn + other_drawn
    return (other, other_slope, other_way, line, slope, way) + shape + other_drawn + drawn


@compiled
def _way(rise):
    return 0.0 if abs(rise) <= FLAT else 1.0 if rise > 0.0 else -1.0


@compiled
def _came(newest, middle, oldest, bottom, top):
    for price in (newest, middle, oldest):
        if price < bottom:
            return 1.0
        if price > top:
            return -1.0
    return 0.0


@compiled
def _nothing():
    seven = nan, nan, nan, nan, nan, nan, nan
    return seven + seven + seven + (nan,)
