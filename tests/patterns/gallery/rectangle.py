"""Rectangles."""

from drawing import CALM, Case, legs, mirror

# highs on 124.25, lows on 111.75, so the target lies 12.5 beyond and the stop half of that behind
RISEN = legs(108, 95, 124, 112, 124, 112, 124, 118, after=((3, 132), (4, 140)))
FACTS = (("level", 124.25), ("target", 136.75), ("stop", 118.0), ("low", 111.75), ("high", 124.25))
STAYED = legs(117, 116, 124, 112, 124, 112, 124, 118)
UNEVEN = legs(108, 95, 124, 112, 119, 112, 124, 118)
TILTED = legs(108, 95, 124, 112, 128, 116, 132, 126)
RAGGED = legs(108, 95, 124, 112, 125, 104, 126, 119)

CASES = (
    Case("rectangle", "positive", "highs and lows at one level each, after a rise", RISEN, ((1, CALM + 155),), FACTS),
    Case("rectangle", "near miss", "nothing before it lies beyond the figure", STAYED),
    Case("rectangle", "near miss", "the high between stays too far below the line", UNEVEN),
    Case("rectangle", "near miss", "both lines rise: a channel", TILTED),
    Case("rectangle", "near miss", "the lows fall", RAGGED),
    Case(
        "rectangle",
        "mirrored",
        "after a fall",
        mirror(RISEN, around=120.0),
        ((-1, CALM + 155),),
        (("level", 115.75), ("target", 103.25), ("stop", 122.0)),
    ),
)
