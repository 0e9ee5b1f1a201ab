"""Double tops and bottoms."""

from drawing import CALM, Case, mirror, path

TOP = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (12, 104.0), (10, 98.0))
APART = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (12, 115.0), (12, 104.0))
NO_RISE = path((0, 111.0), (8, 105.0), (8, 112.0), (10, 106.0), (10, 112.2), (12, 104.0), (10, 98.0))
PASSED = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (1, 104.0), (10, 98.0))
FACTS = (("level", 105.75), ("target", 99.05), ("stop", 109.1), ("low", 105.75), ("high", 112.45))
MIRRORED = (("level", 94.25), ("target", 100.95), ("stop", 90.9), ("low", 87.55), ("high", 94.25))

CASES = (
    Case("double_top", "positive", "two highs at one level", TOP, ((-1, CALM + 46),), FACTS),
    Case("double_top", "near miss", "the second high is too far above the first", APART),
    Case("double_top", "near miss", "no rise from far enough below leads to the first high", NO_RISE),
    Case("double_top", "near miss", "the low between is passed before the second high is known", PASSED),
    Case("double_bottom", "mirrored", "two lows at one level", mirror(TOP, around=100.0), ((1, CALM + 46),), MIRRORED),
)
