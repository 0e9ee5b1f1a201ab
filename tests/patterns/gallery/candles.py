"""Candlestick patterns: calm candles of one unit with shadows of half a unit, then those that make the pattern.

The calm ones alternate between white and black; the last one is black, from 101 to 100. All are two units high, so that
is the average true range until the drawing, which begins with the bar CALM.
"""

import numpy as np
from drawing import CALM, Case, frame, mirror

BELOW, ABOVE, SHADOW = 100.0, 101.0, 0.5
AXIS = 100.5
RANGE = ABOVE - BELOW + 2.0 * SHADOW


def candles(*drawn):
    """The calm candles, then those drawn, each open, high, low and close."""
    calm = [
        (BELOW, ABOVE + SHADOW, BELOW - SHADOW, ABOVE)
        if place % 2 == 0
        else (ABOVE, ABOVE + SHADOW, BELOW - SHADOW, BELOW)
        for place in range(CALM)
    ]
    return frame(*np.array([*calm, *drawn]).T)


def away(*ranges):
    """Two average true ranges behind such candles, by Wilder's rule."""
    mean = RANGE
    for size in ranges:
        mean = (13.0 * mean + size) / 14.0
    return 2.0 * mean


FALL, DIP = (100.0, 100.2, 96.8, 97.0), (96.4, 96.7, 95.7, 96.0)
ENGULFING = candles((99.75, 101.75, 99.25, 101.25))
HAMMER = candles((99.6, 99.95, 98.5, 99.9))
MORNING_STAR = candles(FALL, DIP, (96.6, 99.2, 96.5, 99.0))
DOJI = candles((100.0, 101.0, 99.0, 100.1))
HARAMI = candles(FALL, (98.0, 98.75, 97.75, 98.5))
PIERCING = candles(FALL, (96.0, 99.3, 95.9, 99.0))

CASES = (
    Case(
        *("cdlengulfing", "positive", "a white body covers the black one before", ENGULFING, ((1, CALM),)),
        (
            *(("strength", 1.0), ("low", 99.25), ("high", 101.75), ("level", 101.25)),
            *(("target", 101.25 + away(2.5)), ("stop", 101.25 - away(2.5))),
        ),
    ),
    Case(
        *("cdlengulfing", "positive", "it opens at the close before", candles((100.0, 101.75, 99.25, 101.25))),
        *(((1, CALM),), (("strength", 0.8),)),
    ),
    Case("cdlengulfing", "near miss", "a body of the same size", candles((100.0, 101.75, 99.25, 101.0))),
    Case(
        *("cdlengulfing", "mirrored", "a black body covers the white one before", mirror(ENGULFING, around=AXIS)),
        *(((-1, CALM),), (("stop", 99.75 + away(2.5)),)),
    ),
    Case(
        *("cdlhammer", "positive", "a long lower shadow at the low", HAMMER, ((1, CALM),)),
        (("low", 98.5), ("high", 99.95)),
    ),
    Case("cdlhammer", "near miss", "the shadow is shorter than the body", candles((99.6, 99.95, 99.5, 99.9))),
    Case("cdlhammer", "near miss", "far above the low before", candles((100.6, 100.95, 99.5, 100.9))),
    Case("cdlhammer", "mirrored", "upside down it is none", mirror(HAMMER, around=AXIS)),
    Case(
        *("cdlmorningstar", "positive", "a fall, a short body below it, a rise into it", MORNING_STAR),
        *(((1, CALM + 2),), (("low", 95.7), ("high", 100.2), ("target", 99.0 + away(3.4, 1.3, 3.2)))),
    ),
    Case(
        *("cdlmorningstar", "near miss", "the rise ends too low in the fall"),
        candles(FALL, DIP, (96.6, 98.0, 96.5, 97.85)),
    ),
    Case(
        *(
            "cdleveningstar",
            "mirrored",
            "a rise, a short body above it, a fall into it",
            mirror(MORNING_STAR, around=AXIS),
        ),
        ((-1, CALM + 2),),
    ),
    Case("cdldoji", "positive", "it closes about where it opened", DOJI, ((0, CALM),), (("strength", 1.0),)),
    Case("cdldoji", "near miss", "a body of a seventh of the range", candles((100.0, 101.0, 99.0, 100.3))),
    Case("cdldoji", "mirrored", "upside down it is one, too", mirror(DOJI, around=AXIS), ((0, CALM),)),
    Case("cdlharami", "positive", "a short body within the fall", HARAMI, ((1, CALM + 1),)),
    Case("cdlharami", "near miss", "it ends below the fall", candles(FALL, (97.75, 98.0, 96.25, 96.9))),
    Case("cdlharami", "mirrored", "a short body within the rise", mirror(HARAMI, around=AXIS), ((-1, CALM + 1),)),
    Case("cdlpiercing", "positive", "from below the fall to above its middle", PIERCING, ((1, CALM + 1),)),
    Case("cdlpiercing", "near miss", "not to its middle", candles(FALL, (96.0, 98.6, 95.9, 98.4))),
    Case(
        *("cdldarkcloudcover", "mirrored", "from above the rise to below its middle", mirror(PIERCING, around=AXIS)),
        ((-1, CALM + 1),),
    ),
)
