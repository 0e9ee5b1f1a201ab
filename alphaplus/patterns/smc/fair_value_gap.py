"""Fair value gap (FVG): a range of prices that three bars left untraded, because the market moved through too fast."""

from math import nan

from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.zones import SLOTS, advance_zones, nearest_of_both, open_zone

MOST = 8  # of each direction
HORIZON = 500  # bars
ZONES = SLOTS * MOST + 1
LEAST = 0.1  # average true ranges: a narrower gap is none
FULL = 1.0  # average true ranges of a gap of strength 1


@pattern(
    kind="smc",
    life=Life.ZONE,
    drawing=Drawing.ZONE,
    inputs=("high", "low", "close", "atr_14"),
    variants=({"name": "fair_value_gap", "least": LEAST},),
    history={"high": 3, "low": 3},
    state=2 * ZONES,
    warmup=3,
    memory=HORIZON + 3,
    points=1,
    horizon=HORIZON,
    most=MOST,
)
def fair_value_gap(s, b, n, high, low, close, atr, least):
    """Fair value gap: the low of a bar is above the high of the bar before the last one, or mirrored.

    The zone lies between the two and is known at the close of the third bar. Narrower gaps than `least` average true
    ranges are left out; strength is the width in average true ranges, at most 1. It lives until the price has traded
    through all of it, 500 bars at most, and at most eight of each direction; of those alive the columns tell of the one
    nearest to the close. Its point is the high (or low) of the first bar.

    Reference: the inner circle trader's concept as in the package smartmoneyconcepts 0.0.27, function fvg.
    """
    top, bottom = s[high], s[low]
    advance_zones(s, b, MOST, n, 1.0, HORIZON, False, top, bottom, close)
    advance_zones(s, b + ZONES, MOST, n, -1.0, HORIZON, False, top, bottom, close)
    born, edge, low_edge, high_edge = 0.0, nan, nan, nan
    if bottom - s[high - 2] >= least * atr and bottom > s[high - 2]:
        born, edge, low_edge, high_edge = 1.0, s[high - 2], s[high - 2], bottom
    elif s[low - 2] - top >= least * atr and s[low - 2] > top:
        born, edge, low_edge, high_edge = -1.0, s[low - 2], top, s[low - 2]
    grade = nan
    if born != 0.0:
        width = high_edge - low_edge
        grade = 1.0 if width >= FULL * atr else width / (FULL * atr)
        open_zone(s, b if born > 0.0 else b + ZONES, MOST, n, low_edge, high_edge, grade)
    seen = nearest_of_both(s, b, b + ZONES, MOST, n, close)
    return seen + (born, grade, low_edge, high_edge, nan, nan, nan) + (2.0 if born != 0.0 else nan, edge)
