"""Cups with handles, and their inverse."""

from drawing import CALM, Case, mirror, path

RISE = ((0, 109.0), (8, 97.0), (26, 120.0))
HANDLE = ((6, 116.5), (8, 119.0), (10, 126.0))


def bowl(bars, depth, *, lip=120.0, tilt=0.0):
    """Turns along a parabola from one rim to the other, a bar each."""
    along = [(i + 1) / bars for i in range(bars)]
    return [(1, lip + tilt * x - depth * 4.0 * x * (1.0 - x)) for x in along]


CUP = path(*RISE, *bowl(60, 15.0), *HANDLE)
STRAIGHT = path(*RISE, (30, 105.0), (30, 120.0), *HANDLE)
BOX = path(*RISE, (2, 105.6), (26, 105.4), (2, 105.0), (26, 105.4), (3, 120.0), *HANDLE)
UNEVEN = path(*RISE, *bowl(60, 15.0, tilt=5.0), (6, 121.5), (8, 124.0), (10, 130.0))
SHORT = path(*RISE, *bowl(18, 15.0), (4, 117.0), (3, 119.0), (10, 126.0))
LONG = path(*RISE, *bowl(210, 15.0), *HANDLE)
ASIDE = path(*RISE, (10, 107.0), (2, 105.0), (48, 110.0), (2, 120.0), *HANDLE)
SMALL_RISE = path((0, 122.0), (14, 108.0), (16, 120.0), *bowl(60, 15.0), *HANDLE)
DEEP = path(*RISE, *bowl(60, 12.0), (8, 113.3), (8, 116.0), (10, 126.0))
BEYOND = path(*RISE, *bowl(60, 15.0, tilt=5.0), (5, 121.0), (3, 123.2), (5, 119.5), (4, 122.0), (10, 130.0))
PASSED = path(*RISE, *bowl(60, 15.0), (6, 116.5), (1, 121.0), (8, 126.0))
LATE = path(*RISE, *bowl(24, 15.0), (13, 116.5), (8, 119.0), (10, 126.0))
FACTS = (("level", 120.25), ("target", 135.75), ("stop", 116.25), ("low", 104.75), ("high", 120.25))
MIRRORED = (("level", 99.75), ("target", 84.25), ("stop", 103.75), ("low", 99.75), ("high", 115.25))

CASES = (
    Case("cup_and_handle", "positive", "a round low and a shallow dip", CUP, ((1, CALM + 104),), FACTS),
    Case("cup_and_handle", "near miss", "the cup is a V of straight lines", STRAIGHT),
    Case("cup_and_handle", "near miss", "the cup is a box", BOX),
    Case("cup_and_handle", "near miss", "the right rim is far above the left one", UNEVEN),
    Case("cup_and_handle", "near miss", "the cup has too few bars", SHORT),
    Case("cup_and_handle", "near miss", "the cup has too many bars", LONG),
    Case("cup_and_handle", "near miss", "the bottom is near the left rim", ASIDE),
    Case("cup_and_handle", "near miss", "the cup gives back more than the rise before it", SMALL_RISE),
    Case("cup_and_handle", "near miss", "the handle falls into the lower half", DEEP),
    Case("cup_and_handle", "near miss", "the handle takes too long for its cup", LATE),
    Case("cup_and_handle", "near miss", "the price was farther than the right rim before it", BEYOND),
    Case("cup_and_handle", "near miss", "the right rim is passed before the handle is known", PASSED),
    Case(
        "inverse_cup_and_handle",
        "mirrored",
        "a round high and a shallow rise",
        mirror(CUP, around=110.0),
        ((-1, CALM + 104),),
        MIRRORED,
    ),
)
