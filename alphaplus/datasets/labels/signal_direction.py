"""Direction of the price over the horizon: buy, sell, or hold where the move is small."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import LabelSpec, Params, Shape, Spans, label, optional_number
from alphaplus.datasets.volatility import ewma_volatility

BPS = 1e-4


def _shape(params: Params) -> Shape:
    in_bps, in_sigmas = optional_number(params, "threshold_bps"), optional_number(params, "threshold")
    if in_bps or (in_bps is None and in_sigmas):
        return Shape(Task.MULTICLASS, (-1.0, 0.0, 1.0))
    return Shape(Task.BINARY, (-1.0, 1.0))


@label("signal_direction", shape=_shape, threshold=0.25, threshold_bps=None)
def signal_direction(bars: BarFrame, spec: LabelSpec, spans: Spans) -> NDArray[np.float64]:
    """Sign of the log return from the next bar's open to the close of the last bar of the span.

    The dead zone, labelled 0, is `threshold` times sigma times the square root of the horizon, sigma the causal EWMA
    volatility at the bar's close; or `threshold_bps` basis points where that is given. A threshold of 0 makes the label
    binary, and a return of exactly zero then has no label.
    """
    move = np.log1p(spans.outcome)
    threshold, threshold_bps = optional_number(spec.params, "threshold"), optional_number(spec.params, "threshold_bps")
    if threshold_bps is not None:
        width = np.full(len(bars), threshold_bps * BPS)
    elif threshold:
        width = threshold * ewma_volatility(bars) * np.sqrt(spec.horizon)
    else:
        width = np.zeros(len(bars))
    direction = np.where(np.abs(move) > width, np.sign(move), 0.0)
    unknown = np.isnan(width) | np.isnan(move)
    if len(_shape(spec.params).classes) == 2:
        unknown |= direction == 0.0
    return np.where(unknown, np.nan, direction)
