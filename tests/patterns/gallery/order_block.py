"""Order blocks."""

from drawing import CALM, Case, mirror

from gallery.structure import BROKEN, TOUCHED

CASES = (
    Case(
        "order_block",
        "positive",
        "the last falling candle before the rise that breaks the structure",
        BROKEN,
        ((1, CALM + 36),),
        (("low", 104.75), ("high", 106.0833)),
    ),
    Case("order_block", "near miss", "the same candle, but nothing is broken", TOUCHED),
    Case(
        "order_block",
        "mirrored",
        "the last rising candle before the fall that breaks the structure",
        mirror(BROKEN, around=100.0),
        ((-1, CALM + 36),),
        (("low", 93.9167), ("high", 95.25)),
    ),
)
