"""Liquidity pools and sweeps."""

from drawing import CALM, Case, frame, mirror, path

from alphaplus.core.bars import BarFrame


def reaching(bars: BarFrame, place: int, high: float) -> BarFrame:
    """The bars with another high at one place."""
    highs = bars.column("high").copy()
    highs[place] = high
    return frame(bars.column("open"), highs, bars.column("low"), bars.column("close"))


EQUAL = path((0, 100.0), (8, 106.0), (8, 101.0), (9, 105.9), (8, 102.0))
UNEQUAL = path((0, 100.0), (8, 106.0), (8, 101.0), (9, 105.4), (8, 102.0))
LONE = path((0, 100.0), (8, 106.0), (8, 101.0), (8, 105.0), (8, 102.0))
SWEPT = reaching(LONE, CALM + 23, 107.5)
SHORT = reaching(LONE, CALM + 23, 106.0)

CASES = (
    Case(
        "liquidity_pool",
        "positive",
        "two swing highs at one level",
        EQUAL,
        ((-1, CALM + 30),),
        (("low", 106.15),),
    ),
    Case("liquidity_pool", "near miss", "the second swing high is too far below the first", UNEQUAL),
    Case(
        "liquidity_pool",
        "mirrored",
        "two swing lows at one level",
        mirror(EQUAL, around=100.0),
        ((1, CALM + 30),),
        (("high", 93.85),),
    ),
    Case(
        "liquidity_sweep",
        "positive",
        "a wick passes a swing high and the bar closes below it",
        SWEPT,
        ((-1, CALM + 23),),
        (("level", 106.25), ("low", 106.25), ("high", 107.5)),
    ),
    Case("liquidity_sweep", "near miss", "the wick ends before the swing high", SHORT),
    Case(
        "liquidity_sweep",
        "mirrored",
        "a wick passes a swing low and the bar closes above it",
        mirror(SWEPT, around=100.0),
        ((1, CALM + 23),),
        (("level", 93.75), ("low", 92.5), ("high", 93.75)),
    ),
)
