"""From a signal to the position to hold: enter, keep, reverse, or leave when the time is over."""

from alphaplus.core.enums import Side
from alphaplus.core.records import Signal, TradePlan
from alphaplus.trading.simulated import Portfolio


def plan(signal: Signal, portfolio: Portfolio, *, fraction: float) -> TradePlan:
    """Size a signal as a fraction of equity.

    A signal the way the position stands keeps it as it is and renews its time, one the other way reverses it. HOLD
    keeps the position until it expires; without one the plan says why nothing is done.
    """
    if signal.side is Side.HOLD:
        if portfolio.side is Side.HOLD:
            return TradePlan(signal, 0.0, refused=signal.decision.reason)
        over = signal.as_of >= portfolio.expires_at
        return TradePlan(signal, 0.0 if over else portfolio.position)
    if signal.side is portfolio.side:
        return TradePlan(signal, portfolio.position)
    return TradePlan(signal, fraction if signal.side is Side.LONG else -fraction)


def opens(plan: TradePlan, portfolio: Portfolio) -> bool:
    """Whether the plan opens a position that was not there."""
    return plan.position not in (0.0, portfolio.position)
