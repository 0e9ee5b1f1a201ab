"""Triple tops and bottoms."""

from drawing import CALM, Case, mirror, path

RISE = ((0, 104.0), (8, 98.0), (14, 112.0))
TOP = path(*RISE, (10, 105.0), (10, 112.4), (10, 106.0), (10, 112.0), (12, 102.0), (10, 96.0))
APART = path(*RISE, (10, 105.0), (10, 115.5), (10, 106.0), (10, 112.0), (12, 102.0), (10, 96.0))
UNEVEN = path(*RISE, (10, 104.0), (10, 112.4), (8, 107.0), (8, 112.0), (12, 102.0), (10, 96.0))
NO_RISE = path((0, 111.0), (8, 104.0), (10, 112.0), *((10, 105.0), (10, 112.4), (10, 106.0), (10, 112.0), (12, 102.0)))
PASSED = path(*RISE, (10, 105.0), (10, 112.4), (10, 106.0), (10, 112.0), (1, 104.0), (10, 96.0))
FACTS = (("level", 104.75), ("target", 96.85), ("stop", 108.7), ("low", 104.75), ("high", 112.65))
MIRRORED = (("level", 95.25), ("target", 103.15), ("stop", 91.3), ("low", 87.35), ("high", 95.25))

CASES = (
    Case("triple_top", "positive", "three highs at one level", TOP, ((-1, CALM + 66),), FACTS),
    Case("triple_top", "near miss", "the second high stands out", APART),
    Case("triple_top", "near miss", "the second low is far above the first", UNEVEN),
    Case("triple_top", "near miss", "no rise from far enough below leads to the first high", NO_RISE),
    Case("triple_top", "near miss", "the lower low is passed before the third high is known", PASSED),
    Case(
        "triple_bottom", "mirrored", "three lows at one level", mirror(TOP, around=100.0), ((1, CALM + 66),), MIRRORED
    ),
)
