"""Ascending and descending triangles."""

from drawing import CALM, Case, legs, mirror

# highs on bars 10, 64 and 100, lows on 37 (107.75) and 82 (112.75): the lower line is 19.5 below the first high
RISING = legs(118, 124, 108, 124, 113, 124, 118, after=((3, 143), (4, 147)))
FACTS = (("level", 124.25), ("target", 143.75), ("stop", 114.5), ("low", 107.75), ("high", 124.25), ("strength", 1.0))
UNEVEN = legs(118, 124, 108, 118, 113, 124, 118)
TILTED = legs(115, 120, 104, 124, 113, 128, 122)
OPEN = legs(118, 124, 108, 124, 110.5, 124, 118)
FEW = legs(108, 124, 113, 124, 118)
GONE = legs(118, 124, 108, 124, 113, 124, after=((1, 114), (4, 112)))

CASES = (
    Case("ascending_triangle", "positive", "highs at one level, rising lows", RISING, ((1, CALM + 105),), FACTS),
    Case("ascending_triangle", "near miss", "the high between stays too far below the line", UNEVEN),
    Case("ascending_triangle", "near miss", "the highs rise as well: a wedge", TILTED),
    Case("ascending_triangle", "near miss", "the lows rise too little to come close", OPEN),
    Case("ascending_triangle", "near miss", "four touches only", FEW),
    Case("ascending_triangle", "near miss", "the bar that confirms the last high closes below the lows", GONE),
    Case(
        "descending_triangle",
        "mirrored",
        "lows at one level, falling highs",
        mirror(RISING, around=120.0),
        ((-1, CALM + 105),),
        (("level", 115.75), ("target", 96.25), ("stop", 125.5)),
    ),
    Case(
        "descending_triangle", "near miss", "the low between stays too far above the line", mirror(UNEVEN, around=120.0)
    ),
)
