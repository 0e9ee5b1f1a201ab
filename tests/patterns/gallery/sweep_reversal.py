"""Liquidity sweeps that are entered."""

from drawing import CALM, Case, frame, mirror

from alphaplus.core.bars import BarFrame
from gallery.liquidity import LONE, SHORT, SWEPT


def ending(bars: BarFrame, place: int, high: float, close: float) -> BarFrame:
    """The bars up to a place, whose bar gets another high and close."""
    open_, highs, low, closes = (bars.column(name)[: place + 1].copy() for name in ("open", "high", "low", "close"))
    highs[place], closes[place] = high, close
    return frame(open_, highs, low, closes)


TIGHT = ending(LONE, CALM + 23, 106.3, 106.2)

CASES = (
    Case(
        "sweep_reversal",
        "positive",
        "a wick above a swing high, entered at the close below it",
        SWEPT,
        ((-1, CALM + 23),),
        (("level", 105.0), ("stop", 107.826), ("target", 99.25)),
    ),
    Case("sweep_reversal", "near miss", "the wick ends before the swing high, so nothing is swept", SHORT),
    Case("sweep_reversal", "near miss", "a sweep whose stop would be nearer than half an average true range", TIGHT),
    Case(
        "sweep_reversal",
        "mirrored",
        "a wick below a swing low, entered at the close above it",
        mirror(SWEPT, around=100.0),
        ((1, CALM + 23),),
        (("level", 95.0), ("stop", 92.174)),
    ),
)
