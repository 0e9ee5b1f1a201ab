"""Symmetric triangles."""

from drawing import CALM, Case, legs, mirror

RISEN = legs(108, 95, 130, 106, 126, 113, 122, after=((6, 118.3), (3, 145), (4, 160)))
STAYED = legs(112, 110, 130, 106, 126, 113, 122, 118)
LEVEL = legs(108, 95, 130, 106, 130, 113, 130, 124)
PARALLEL = legs(108, 95, 124, 112, 124, 112, 124, 118)

EDGES = (("low", 105.75), ("high", 130.25))

CASES = (
    Case(
        "symmetric_triangle",
        "positive",
        "falling highs, rising lows, after a rise",
        RISEN,
        ((1, CALM + 194),),
        (*EDGES, ("level", 121.886)),
    ),
    Case("symmetric_triangle", "near miss", "nothing before it lies beyond the figure", STAYED),
    Case("symmetric_triangle", "near miss", "the highs are level: an ascending triangle", LEVEL),
    Case("symmetric_triangle", "near miss", "the lines do not come closer: a rectangle", PARALLEL),
    Case(
        "symmetric_triangle",
        "mirrored",
        "after a fall",
        mirror(RISEN, around=120.0),
        ((-1, CALM + 194),),
        (("level", 118.114),),
    ),
)
