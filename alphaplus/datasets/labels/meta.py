"""Meta-label: a rule gives the side, and the label says whether that trade paid.

A model of it sizes or vetoes what the rule proposes and never turns it round.
Reference: Lopez de Prado, Advances in Financial Machine Learning (2018), section 3.6.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError
from alphaplus.datasets.barriers import STOP_SIGMAS, TARGET_SIGMAS, trades_of
from alphaplus.datasets.labelling import (
    EVENT,
    Answers,
    LabelFrame,
    LabelSpec,
    Params,
    Shape,
    Spans,
    label,
    label_frame,
    spans,
)
from alphaplus.features.compute import compute_features


def _shape(_: Params) -> Shape:
    return EVENT


@label(
    "meta", shape=_shape, asks_past=True, side="macd_histogram", target=TARGET_SIGMAS, stop=STOP_SIGMAS, cost_bps=None
)
def meta(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> Answers:
    """1 where the trade on the side that a feature column proposes ends with a profit after costs, else 0.

    `side` names the column: above 0 long, below 0 short, 0 or no value no label. The trade is that of `profitable`.
    """
    column = spec.params["side"]
    if not isinstance(column, str):
        raise ConfigError(f"side is {column!r}", hint="the name of a feature column; meta_labels takes an array")
    return _answers(bars, compute_features(bars, [column]).values[:, 0], spec)


def meta_labels(bars: BarFrame, side: ArrayLike, *, horizon: int = 24, **params: float) -> LabelFrame:
    """Meta-labels of a rule of your own: `side` (n,) as it was known at the close of each bar, its sign the side.

    0 and NaN are no trade and have no label. `params` are target, stop and cost_bps of `profitable`.
    """
    spec = LabelSpec("meta", horizon, params)
    resolved = LabelSpec("meta", horizon, spec.resolved)
    found = _answers(bars, np.asarray(side, dtype=np.float64), resolved)
    return label_frame(bars, EVENT, found, span=spans(bars, horizon))


def _answers(bars: BarFrame, side: NDArray[np.float64], spec: LabelSpec) -> Answers:
    trades = trades_of(spec.params, bars, side, horizon=spec.horizon)
    return Answers(np.where(np.isnan(trades.net), np.nan, trades.net > 0.0), trades.end)
