"""Breaks of structure and changes of character."""

from drawing import CALM, Case, mirror, path

# A swing high at 106.25 is broken first, which begins the trend; then the swing high at 110.25 waits.
RISE = ((0, 100.0), (8, 106.0), (8, 101.0), (9, 110.0), (6, 105.0))
BROKEN = path(*RISE, (8, 113.0))
TOUCHED = path(*RISE, (6, 110.2), (6, 107.0))
# The swing low at 104.75 is broken in the end.
TURNED = path(*RISE, (5, 109.0), (10, 102.0))
HELD = path(*RISE, (5, 109.0), (6, 104.8), (5, 108.0))

CASES = (
    Case(
        "break_of_structure",
        "positive",
        "a close above the newest swing high in a rising market",
        BROKEN,
        ((1, CALM + 36),),
        (("level", 110.25), ("stop", 104.75), ("low", 104.75), ("high", 110.25)),
    ),
    Case("break_of_structure", "near miss", "only the wick gets above the swing high", TOUCHED),
    Case(
        "break_of_structure",
        "mirrored",
        "a close below the newest swing low in a falling market",
        mirror(BROKEN, around=100.0),
        ((-1, CALM + 36),),
        (("level", 89.75), ("stop", 95.25)),
    ),
    Case(
        "change_of_character",
        "positive",
        "a close below the newest swing low in a rising market",
        TURNED,
        ((-1, CALM + 42),),
        (("level", 104.75), ("stop", 109.25)),
    ),
    Case("change_of_character", "near miss", "only the wick gets below the swing low", HELD),
    Case(
        "change_of_character",
        "mirrored",
        "a close above the newest swing high in a falling market",
        mirror(TURNED, around=100.0),
        ((1, CALM + 42),),
        (("level", 95.25), ("stop", 90.75)),
    ),
)
