"""Positions that a model's probabilities alone would take, by the rules of `trading.plan`; its gates judge these."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import MissingBars
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet
from alphaplus.models.model import Model
from alphaplus.signals.decide import RANGE, move_of_range
from alphaplus.trading.costs import Costs

Floats = NDArray[np.float64]


def model_positions(
    p_up: Floats,
    move: Floats,
    *,
    as_of: NDArray[np.int64],
    timeframe: Timeframe,
    round_trip_cost: float,
    horizon: int,
) -> Floats:
    """Target positions (n,), -1, 0 or 1, decided at each close.

    A position is entered, renewed or reversed where the expected gain `move * |2p - 1|` exceeds the cost of a round
    trip, and left once the time of `horizon` bars passed without that; missing bars count, as they do for the
    `expires_at` of a signal. `p_up` and `move` are (n,), known at the closes `as_of` (n,), ms UTC; where either is NaN
    the model is silent. `move` is the expected absolute move over the horizon as a share of the price.
    """
    with np.errstate(invalid="ignore"):
        pays = move * np.abs(2.0 * p_up - 1.0) > round_trip_cost
        wanted = np.where(pays, np.sign(p_up - 0.5), 0.0)
    positions = np.empty(len(p_up))
    held, expires_at = 0.0, 0
    for i, (side, now) in enumerate(zip(wanted.tolist(), as_of.tolist(), strict=True)):
        if side != 0.0:
            held, expires_at = side, now + horizon * timeframe.ms
        elif now >= expires_at:
            held = 0.0
        positions[i] = held
    return positions


def moves(bars: BarFrame, *, horizon: int, cache_folder: Path | None = None) -> Floats:
    """The expected absolute move over `horizon` bars as a share of the price (n,), as `signals.decide` expects it."""
    frame = compute_features(bars, FeatureSet("range", (RANGE,)), cache_folder=cache_folder)
    return move_of_range(frame.values[:, 0], bars.column("close"), horizon=horizon)


def positions_of(
    model: Model, bars: BarFrame, *, costs: Costs, cache_folder: Path | None = None
) -> tuple[BarFrame, Floats]:
    """The bars that a model did not learn from, and the positions it would take on them.

    Raises MissingBars when there are none.
    """
    first = int(np.searchsorted(bars.close_time, model.trained_to, side="right"))
    if first >= len(bars):
        raise MissingBars(
            f"the model learned from all bars up to {np.datetime64(model.trained_to, 'ms')}",
            hint="give bars after that: no model is scored on what it learned from",
        )
    unseen = bars.rows(first, len(bars))
    wanted = model_positions(
        model.p_up(compute_features(bars, model.spec.features, cache_folder=cache_folder))[first:],
        moves(bars, horizon=model.horizon, cache_folder=cache_folder)[first:],
        as_of=unseen.close_time,
        timeframe=bars.timeframe,
        round_trip_cost=costs.round_trip,
        horizon=model.horizon,
    )
    return unseen, wanted


def on_bars(bars: BarFrame, as_of: NDArray[np.int64], values: Floats) -> Floats:
    """Spread values known at `as_of` (ms UTC, increasing) over the bars (n,) that close then; NaN elsewhere."""
    close = bars.close_time
    place = np.searchsorted(close, as_of)
    known = (place < len(close)) & (close[np.minimum(place, len(close) - 1)] == as_of)
    out = np.full(len(close), np.nan)
    out[place[known]] = values[known]
    return out
