"""Double tops and bottoms."""

from drawing import CALM, Case, mirror, path

TOP = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (10, 112.2), (12, 104.0), (10, 98.0))
APART = path((0, 104.0), (8, 98.0), (14, 112.0), (10, 106.0), (12, 115.0), (12, 104.0))

CASES = (
    Case("double_top", "positive", "two highs at one level", TOP, ((-1, CALM + 46),), (("level", 105.75),)),
    Case("double_top", "near miss", "the second high is too far above the first", APART),
    Case("double_bottom", "mirrored", "two lows at one level", mirror(TOP, around=100.0), ((1, CALM + 46),)),
)
