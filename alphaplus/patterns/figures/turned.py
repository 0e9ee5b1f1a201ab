"""Figures of a medium zigzag's newest turning points, drawn as a line through them: what they declare alike."""

from collections.abc import Callable, Mapping
from typing import Any

from alphaplus.features.contract import StepT
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.figures import life

HORIZON = 100  # bars to the breakout, and again to target or stop
MEMORY = 1600  # bars: a zigzag's, and a life


def turned(turns: int, *variants: Mapping[str, Any]) -> Callable[[StepT], StepT]:
    """Declare a figure of `turns` turning points, the step of which reads one more: where the move into it began.

    The step is given high, low, close and the zigzag's turn, then price and age of the points, newest first; ages and
    prices are NaN where there are not that many yet.
    """
    points = tuple(f"zigzag_medium_{part}_{i}" for i in range(1, turns + 2) for part in ("price", "bars"))
    return pattern(
        kind="figures",
        life=Life.FIGURE,
        drawing=Drawing.PATH,
        inputs=("high", "low", "close", "zigzag_medium_turn", *points),
        optional=points,
        variants=variants,
        state=life.SLOTS,
        memory=MEMORY,
        points=turns,
        horizon=HORIZON,
    )
