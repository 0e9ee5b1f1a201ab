"""Bull and bear flags."""

from drawing import CALM, Case, mirror, path

# highs of 120.25 and, 16 bars later, 118.25; lows as far apart; the pole is 20.5 high
REST = ((9, 114), (7, 118), (9, 112))
FLAG = path((0, 105), (10, 100), (10, 120), *REST, (4, 115.5), (4, 128), (8, 140))
FACTS = (("level", 116.875), ("target", 137.0), ("stop", 111.125), ("low", 111.75), ("high", 120.25))
SLOW = path((0, 105), (10, 100), (60, 120), *REST, (4, 115.5), (4, 122))
DEEP = path((0, 112), (10, 107), (6, 120), *REST, (4, 115.5), (4, 122))
ONWARDS = path((0, 105), (10, 100), (10, 120), (9, 114), (10, 122), (9, 116), (4, 119.5), (4, 126))
PENNANT = path((0, 105), (10, 100), (12, 130), (15, 118), (12, 128), (9, 121), (4, 124), (2, 130), (8, 155))
PARTING = path((0, 105), (10, 100), (10, 120), (6, 116), (8, 119), (12, 110), (4, 114), (4, 122))

CASES = (
    Case("bull_flag", "positive", "a sharp rise, then a falling channel", FLAG, ((1, CALM + 46),), FACTS),
    Case("bull_flag", "near miss", "the rise before it is slow", SLOW),
    Case("bull_flag", "near miss", "it gives back too much of the rise", DEEP),
    Case("bull_flag", "near miss", "the channel rises too", ONWARDS),
    Case("bull_flag", "near miss", "the lines come closer: a pennant", PENNANT),
    Case("bull_flag", "near miss", "the lines part", PARTING),
    Case(
        "bear_flag", "mirrored", "a sharp fall, then a rising channel", mirror(FLAG, around=120.0), ((-1, CALM + 46),)
    ),
    Case("bear_flag", "near miss", "the fall before it is slow", mirror(SLOW, around=120.0)),
)
