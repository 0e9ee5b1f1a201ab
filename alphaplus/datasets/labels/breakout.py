"""Whether the price breaks out of the range in which it has been."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from alphaplus.core.bars import BarFrame
from alphaplus.datasets.labelling import EVENT, Answers, LabelSpec, Params, Shape, Spans, label, whole_number


def _shape(_: Params) -> Shape:
    return EVENT


@label("breakout", shape=_shape, asks_past=True, window=20)
def breakout(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> Answers:
    """1 where a close of the span leaves the range of the prior `window` bars, else 0.

    The range is from their lowest low to their highest high. The prior bars are those up to and including the bar
    itself, gaps not counted; before there are so many there is no answer. A breakout is known at the close that breaks
    out, none with the last bar of the span.
    """
    prior, n = whole_number(spec.params, "window"), len(bars)
    top, bottom, close = np.full(n, np.nan), np.full(n, np.nan), bars.column("close")
    if n >= prior:
        top[prior - 1 :] = sliding_window_view(bars.column("high"), prior).max(axis=1)
        bottom[prior - 1 :] = sliding_window_view(bars.column("low"), prior).min(axis=1)
    broken = np.zeros(n)
    end = np.arange(n, dtype=np.int64) + spec.horizon
    for ahead in range(min(spec.horizon, n - 1), 0, -1):  # the earliest is written last
        out = np.flatnonzero((close[ahead:] > top[:-ahead]) | (close[ahead:] < bottom[:-ahead]))
        broken[out], end[out] = 1.0, out + ahead
    return Answers(np.where(np.isnan(top), np.nan, broken), end)
