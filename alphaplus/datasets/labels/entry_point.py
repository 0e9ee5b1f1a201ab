"""Where to enter: on the side whose target comes before its stop."""

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Task
from alphaplus.datasets.barriers import STOP_SIGMAS, TARGET_SIGMAS, trades_of
from alphaplus.datasets.labelling import Answers, LabelSpec, Params, Shape, Spans, label
from alphaplus.patterns.touch import TARGET


def _shape(_: Params) -> Shape:
    return Shape(Task.MULTICLASS, (-1.0, 0.0, 1.0))


@label("entry_point", shape=_shape, target=TARGET_SIGMAS, stop=STOP_SIGMAS)
def entry_point(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> Answers:
    """1 (buy) where a long reaches its target and a short does not, -1 (sell) the other way round, else 0 (hold).

    Both are entered at the next bar's open, with `target` and `stop` in sigmas of one bar, and end with the last bar of
    the span. The answer is known when both are over. With a target no nearer than the stop, the winner's target has
    stopped the other one on its way, so that is the bar of the target; a hold is known when the second is stopped, or
    with the last bar. Costs play no part: `profitable` asks about them.
    """
    every = np.ones(len(bars))
    params = {**spec.params, "cost_bps": 0.0}
    long = trades_of(params, bars, every, horizon=spec.horizon)
    short = trades_of(params, bars, -every, horizon=spec.horizon)
    y = (long.code == TARGET).astype(np.float64) - (short.code == TARGET)
    unknown = np.isnan(long.gross) | np.isnan(short.gross)
    return Answers(np.where(unknown, np.nan, y), np.maximum(long.end, short.end))
