"""Bull and bear pennants."""

from drawing import CALM, Case, mirror, path

REST = ((15, 118), (12, 128), (9, 121), (4, 124))
PENNANT = path((0, 105), (10, 100), (12, 130), *REST, (2, 130), (8, 155))
FACTS = (("level", 127.361), ("target", 157.639), ("low", 117.75), ("high", 130.25))
SLOW = path((0, 105), (10, 100), (70, 130), *REST, (2, 130))
DEEP = path((0, 118), (10, 113), (8, 130), *REST, (2, 130))
FLAG = path((0, 105), (10, 100), (10, 120), (9, 114), (7, 118), (9, 112), (4, 115.5), (4, 128))
WEDGE = path((0, 105), (10, 100), (12, 130), (15, 119), (12, 126), (9, 117), (4, 120), (4, 128))

CASES = (
    Case("bull_pennant", "positive", "a sharp rise, then a small triangle", PENNANT, ((1, CALM + 60),), FACTS),
    Case("bull_pennant", "near miss", "the rise before it is slow", SLOW),
    Case("bull_pennant", "near miss", "it gives back too much of the rise", DEEP),
    Case("bull_pennant", "near miss", "the lines are parallel: a flag", FLAG),
    Case("bull_pennant", "near miss", "both lines fall: a wedge", WEDGE),
    Case(
        "bear_pennant",
        "mirrored",
        "a sharp fall, then a small triangle",
        mirror(PENNANT, around=120.0),
        ((-1, CALM + 60),),
    ),
    Case("bear_pennant", "near miss", "the fall before it is slow", mirror(SLOW, around=120.0)),
)
