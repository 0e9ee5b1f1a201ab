"""Figure breakout: a bar closes beyond the level of a chart figure."""

from alphaplus.patterns.entries import trade
from alphaplus.patterns.figures import FIGURES

TOLD = ("broke", "strength", "target", "stop")  # what is asked of every figure, in this order


@trade.entry(
    inputs=(
        *trade.BAR,
        "structure_trend",
        *(f"{figure}_{part}" for figure in FIGURES for part in TOLD),
    ),
    optional=("structure_trend", *(f"{figure}_{part}" for figure in FIGURES for part in ("target", "stop"))),
    variants=({"name": "figure_breakout"},),
    memory=trade.HORIZON,
    causes=FIGURES,
)
def figure_breakout(s, b, n, high, low, close, atr, trend, *figures):
    """Figure breakout: a bar closes beyond the level of a chart figure, in the figure's direction.

    The target and the stop are the figure's own. Where several figures break out on one bar the one is taken that gives
    the strongest entry. Left out is a breakout that closed so far beyond the level that the target is nearer than the
    stop, and one that risks less than half an average true range. Strength is the mean of the figure's strength, the
    reward to risk over three (at most 1), and the agreement of the structure (1, 0.5 or 0).

    Reference: Bulkowski, Encyclopedia of Chart Patterns (2005), trading tactics: the breakout by the close.
    """
    trade.advance(s, b, n, high, low)
    chosen, best = -1, 0.0
    for i in range(len(FIGURES)):
        direction, clearness = figures[4 * i], figures[4 * i + 1]
        if abs(direction) == 1.0:
            target, stop = figures[4 * i + 2], figures[4 * i + 3]
            strength = trade.confidence(direction, close, target, stop, atr, clearness, trend)
            if strength > best:
                chosen, best = i, strength
    if chosen >= 0:
        trade.enter(s, b, n, figures[4 * chosen], best, figures[4 * chosen + 2], figures[4 * chosen + 3])
    return trade.columns(s, b, n, close, float(chosen))
