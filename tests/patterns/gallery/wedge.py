"""Rising and falling wedges."""

from drawing import CALM, Case, legs, mirror

# highs on bars 8, 56 and 91, lows on 28 (107.75) and 69 (116.75): the lower line is at 122.896 on bar 97
RISING = legs(115, 120, 108, 125, 117, 130, 126.5, after=((3, 110), (4, 100)))
FACTS = (("level", 122.896), ("low", 107.75), ("high", 130.25))
FLAT = legs(118, 124, 108, 124, 113, 124, 118)
PARALLEL = legs(115, 120, 110, 126, 116, 132, 127)
UNEVEN = legs(115, 120, 108, 119, 114, 130, 126.5)

CASES = (
    Case("rising_wedge", "positive", "two rising lines that come closer", RISING, ((-1, CALM + 96),), FACTS),
    Case("rising_wedge", "near miss", "the upper line is flat: a triangle", FLAT),
    Case("rising_wedge", "near miss", "the lines are parallel: a channel", PARALLEL),
    Case("rising_wedge", "near miss", "the high between stays too far below the line", UNEVEN),
    Case(
        "falling_wedge",
        "mirrored",
        "two falling lines that come closer",
        mirror(RISING, around=120.0),
        ((1, CALM + 96),),
    ),
    Case("falling_wedge", "near miss", "the lower line is flat: a triangle", mirror(FLAT, around=120.0)),
)
