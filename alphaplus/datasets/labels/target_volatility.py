"""Volatility over the horizon: how far the price moves, whichever way."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import LabelSpec, Params, Shape, Spans, label, number

BPS = 1e-4
PARKINSON = 4.0 * np.log(2.0)


def _shape(_: Params) -> Shape:
    return Shape(Task.REGRESSION, directional=False)


@label("target_volatility", shape=_shape, asks_past=True, floor_bps=1.0)
def target_volatility(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> NDArray[np.float64]:
    """Natural logarithm of the realised variance of the span; half of it is the logarithm of the volatility.

    The variance of a bar is that of its range, ln(high/low)^2 / (4 ln 2), plus the square of its gap, ln(open/close of
    the bar before); so one bar has a value, and the move over missing bars is not lost. The span is their sum. The
    first gap begins at the close of the bar itself: the question starts with what was known. The volatility of a span
    is `floor_bps` basis points at least, which keeps bars without any range finite.

    Reference: Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return (1980).
    """
    floor = number(spec.params, "floor_bps", least=1e-6) * BPS
    y = np.full(len(bars), np.nan)
    if len(bars) <= spec.horizon:
        return y
    gap = np.log(bars.column("open")[1:] / bars.column("close")[:-1])
    span = np.log(bars.column("high")[1:] / bars.column("low")[1:])
    variance = sliding_window_view(span**2 / PARKINSON + gap**2, spec.horizon).sum(axis=1)
    y[: len(variance)] = np.log(np.maximum(variance, floor**2))
    return y
