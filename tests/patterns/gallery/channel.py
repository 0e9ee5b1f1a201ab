"""Ascending and descending channels."""

from drawing import CALM, Case, legs, mirror

# highs on bars 7, 51 and 95 on one line that rises 12 in 88 bars; lows on 24 and 68, 6 higher
RISING = legs(116, 120, 110, 126, 116, 132, 127, after=((3, 110), (4, 100)))
FACTS = (("level", 120.114), ("target", 107.977), ("stop", 127.205), ("strength", 1.0))
WEDGE = legs(116, 120, 108, 125, 117, 130, 126.5)
FLAT = legs(118, 124, 112, 124, 112, 124, 118)
PARTING = legs(116, 120, 112, 128, 113, 136, 130)
UNEVEN = legs(116, 120, 110, 122, 113, 132, 127)

CASES = (
    Case("ascending_channel", "positive", "two rising parallel lines", RISING, ((-1, CALM + 99),), FACTS),
    Case("ascending_channel", "near miss", "the lines come closer: a wedge", WEDGE),
    Case("ascending_channel", "near miss", "the lines part", PARTING),
    Case("ascending_channel", "near miss", "the lines are flat: a rectangle", FLAT),
    Case("ascending_channel", "near miss", "the high between stays too far below the line", UNEVEN),
    Case(
        "descending_channel", "mirrored", "two falling parallel lines", mirror(RISING, around=120.0), ((1, CALM + 99),)
    ),
    Case("descending_channel", "near miss", "the lines come closer: a wedge", mirror(WEDGE, around=120.0)),
)
