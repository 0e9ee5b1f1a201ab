"""From two panels to one signal: side, strength, stop, target and expiry, or hold with the reason."""

from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.config import Fusion
from alphaplus.core.enums import Side
from alphaplus.core.records import Consensus, Contribution, Decision, Signal
from alphaplus.signals.view import MarketView
from alphaplus.signals.voting import Fused, fuse

RANGE = "atr_14"  # the column that levels and the expected move are measured in

Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Terms:
    """What a signal must pay for and how far it reaches.

    `horizon` counts bars until it expires, `round_trip_cost` is a share of the notional, and stop and target lie so
    many average true ranges from the close.
    """

    round_trip_cost: float
    horizon: int
    stop_ranges: float = 3.0
    target_ranges: float = 4.5


def move_of_range(average_range: Number, close: Number, *, horizon: int) -> Number:
    """The expected absolute move over `horizon` bars as a share of the price, from the average true range.

    A driftless walk with deviation s a bar has the expected range s * sqrt(8/pi) (Feller 1951) and over H bars the
    expected absolute move s * sqrt(H) * sqrt(2/pi): half the range times sqrt(H). NaN before the range is warm.
    """
    return 0.5 * average_range / close * sqrt(horizon)


def decide(
    view: MarketView,
    ml: Consensus,
    rules: Consensus,
    *,
    fusion: Fusion,
    terms: Terms,
    contributions: tuple[Contribution, ...] = (),
) -> Signal:
    """Fuse the panels and ask whether the edge pays; the side is HOLD with the reason where it does not."""
    fused = fuse(ml, rules, fusion=fusion)
    side, reason = _side(view, fused, terms)
    decision = Decision(
        symbol=view.instrument.symbol,
        timeframe=view.timeframe,
        as_of=view.as_of,
        ml=ml,
        rules=rules,
        probability=fused.probability,
        confidence=fused.confidence,
        side=side,
        reason=reason,
    )
    sign = {Side.LONG: 1.0, Side.SHORT: -1.0, Side.HOLD: 0.0}[side]
    reach = view.feature(RANGE)
    stop = view.close - sign * terms.stop_ranges * reach if sign else None
    target = view.close + sign * terms.target_ranges * reach if sign else None
    return Signal(
        symbol=view.instrument.symbol,
        timeframe=view.timeframe,
        as_of=view.as_of,
        side=side,
        strength=abs(2.0 * fused.probability - 1.0) if fused.probability is not None else 0.0,
        confidence=fused.confidence,
        entry=view.close,
        stop=stop if stop is not None and stop > 0.0 else None,  # a range wider than the price leaves no level
        target=target if target is not None and target > 0.0 else None,
        decision=decision,
        contributions=contributions,
        expires_at=view.as_of + terms.horizon * view.timeframe.ms if sign else None,
    )


def _side(view: MarketView, fused: Fused, terms: Terms) -> tuple[Side, str]:
    if fused.probability is None or fused.probability == 0.5:
        return Side.HOLD, fused.reason
    move = move_of_range(view.feature(RANGE), view.close, horizon=terms.horizon)
    if not move > 0.0:
        return Side.HOLD, "; ".join(filter(None, [fused.reason, "the expected move is unknown or zero"]))
    edge = move * abs(2.0 * fused.probability - 1.0)
    if edge <= terms.round_trip_cost:
        verdict = f"expected gain {100 * edge:.3f} % does not cover costs of {100 * terms.round_trip_cost:.3f} %"
        return Side.HOLD, "; ".join(filter(None, [fused.reason, verdict]))
    return (Side.LONG if fused.probability > 0.5 else Side.SHORT), fused.reason
