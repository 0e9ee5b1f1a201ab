"""Cup and handle and its inverse: a round turn back to the old height, a shallow dip there, and on in the old way."""

from math import isnan, nan

from alphaplus.features.state import compiled
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.figures import life

HORIZON = 100  # bars to the breakout, and again to target or stop
SHORTEST, LONGEST = 20, 200  # bars from rim to rim
RIMS_ALIKE = 0.25  # of the depth: how much the rims may differ
HANDLE = 0.5  # of the depth: how deep the handle may be, and of the cup's bars: how long
MIDDLE = 0.25  # of the cup's bars: how far the bottom must be from both rims
ROUND = 0.6  # of the cup's closes: how many must be in its lower half; of a straight V a half, of a parabola 0.71
BOX = 1.0 / 3.0  # of the depth: how far closes of a box are off the parabola on average
KEPT = LONGEST + int(HANDLE * LONGEST) + 1  # closes that are remembered
CLOSES = life.SLOTS
POINTS = (
    *(f"zigzag_fine_{part}_{i}" for i in (1, 2) for part in ("price", "bars")),
    *(f"zigzag_coarse_{part}_{i}" for i in (1, 2, 3) for part in ("price", "bars")),
)


@pattern(
    kind="figures",
    life=Life.FIGURE,
    drawing=Drawing.PATH,
    inputs=("high", "low", "close", "zigzag_fine_turn", "zigzag_coarse_leg", *POINTS),
    optional=POINTS,
    variants=(
        {
            "name": "cup_and_handle",
            "title": "Cup and handle: a round low between two highs at one level and a shallow dip after it; a close "
            "above the right high breaks it.",
            "side": 1.0,
        },
        {
            "name": "inverse_cup_and_handle",
            "title": "Inverse cup and handle: a round high between two lows at one level and a shallow rise after it; "
            "a close below the right low breaks it.",
            "side": -1.0,
        },
    ),
    state=life.SLOTS + KEPT,
    memory=3500,
    points=4,
    horizon=HORIZON,
)
def cup_and_handle(
    s, b, n, high, low, close, turn, leg, handle, t1, right, t2, bottom, c1, left, c2, before, c3, side
):  # c3 comes with before
    """Cup and handle (side +1) or its inverse (-1): a round turn between two rims, and a shallow dip at the right one.

    The left rim and the bottom of the cup are the last two turning points of a coarse zigzag, whose leg now rises; the
    right rim and the low of the handle are those of a fine one, and no close since the bottom is beyond that rim. The
    depth is measured from the right rim to the bottom. The rims differ by at most a quarter of it; the cup takes 20 to
    200 bars, of which at least a quarter lies on each side of its bottom, and gives back no more than the rise into the
    left rim. The handle keeps to the upper half of the cup and is known after at most half of the cup's bars.

    A line through both rims and a parabola that falls from there to the bottom half way say whether the cup is round:
    at least 0.6 of its closes lie in the lower half of the depth under the line (0.71 of a parabola's do, half of those
    of a straight V), and on average closes are less than a third of that depth off the parabola, as far as those of a
    box are. Strength is 1 for closes on the parabola and falls to 0 for those of a box.

    The level is the right rim. It breaks with a close beyond it; the target lies the depth beyond it, the stop at the
    low of the handle, and a close beyond that ends it unbroken. Its points are left rim, bottom, right rim, handle.

    Reference: O'Neil, How to Make Money in Stocks (1988); Bulkowski, Encyclopedia of Chart Patterns (2005).
    """
    s[b + CLOSES + int(n) % KEPT] = close
    broke = life.advance(s, b, n, high, low, close, HORIZON)
    points = nan, nan, nan, nan, nan, nan, nan, nan
    if turn == -side and leg == side and not isnan(before):
        depth, cup = side * (right - bottom), c2 - t2
        shaped = (
            t2 < c1
            and abs(right - left) <= RIMS_ALIKE * depth
            and SHORTEST <= cup <= LONGEST
            and MIDDLE * cup <= c2 - c1 <= (1.0 - MIDDLE) * cup
            and side * (bottom - before) >= 0.0
            and side * (right - handle) <= HANDLE * depth
            and t2 <= HANDLE * cup
            and side * (right - close) > 0.0
        )
        off = _off(s, b, n, left, c2, bottom, c1, right, t2, side) if shaped else BOX
        if off < BOX:
            rim = side * max(side * left, side * right)
            life.begin(
                *(s, b, n, side, right, 0.0, depth, side * (right - handle), handle, 0.0),
                *(max(1.0 - off / BOX, life.LEAST), min(bottom, rim), max(bottom, rim), HORIZON),
            )
            broke = 0.0
            points = c2, left, c1, bottom, t2, right, t1, handle
    return life.columns(s, b, n, broke) + points


@compiled
def _off(s, b, n, left, c2, bottom, c1, right, t2, side):
    """How far the closes between the rims are off the parabola on average, in depths; BOX if they are not round."""
    depth = side * (0.5 * (left + right) - bottom)
    total, lower = 0.0, 0
    for ago in range(int(t2) + 1, int(c2)):
        x = (c2 - ago) / (c2 - t2)
        close = s[b + CLOSES + (int(n) - ago) % KEPT]
        if ago < c1 and side * (close - right) > 0.0:
            return BOX
        under = side * (left + (right - left) * x - close)
        lower += under > 0.5 * depth
        total += abs(under - depth * 4.0 * x * (1.0 - x))
    count = c2 - t2 - 1.0
    return total / (count * depth) if lower >= ROUND * count else BOX
