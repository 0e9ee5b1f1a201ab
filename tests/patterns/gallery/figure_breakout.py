"""Chart figures that break out."""

from drawing import CALM, Case, mirror, path

BREAKS = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (12, 104.0), (10, 98.0))
WAITS = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (8, 107.0), (4, 108.0))
TOO_FAR = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (9, 106.35), (1, 102.0))

CASES = (
    Case(
        "figure_breakout",
        "positive",
        "a double top closes below the low between its tops",
        BREAKS,
        ((-1, CALM + 51),),
    ),
    Case("figure_breakout", "near miss", "a double top that has not broken out", WAITS),
    Case("figure_breakout", "near miss", "a breakout that closes nearer to its target than to its stop", TOO_FAR),
    Case(
        "figure_breakout",
        "mirrored",
        "a double bottom closes above the high between its bottoms",
        mirror(BREAKS, around=100.0),
        ((1, CALM + 51),),
    ),
)
