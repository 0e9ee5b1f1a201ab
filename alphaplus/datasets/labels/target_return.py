"""Change of the price over the horizon, in percent."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import LabelSpec, Params, Shape, Spans, label


def _shape(_: Params) -> Shape:
    return Shape(Task.REGRESSION)


@label("target_return", shape=_shape)
def target_return(_bars: BarFrame, _spec: LabelSpec, spans: Spans) -> NDArray[np.float64]:
    """Percent change from the next bar's open to the close of the last bar of the span."""
    return 100.0 * spans.outcome
