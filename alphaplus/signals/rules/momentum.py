"""Momentum: the share of gains in recent movement."""

from math import isnan

from alphaplus.core.enums import Panel
from alphaplus.signals.view import MarketView
from alphaplus.signals.voting import Opinion, absent, voter

BELIEF = 0.04  # the most that the rule moves its probability from one half; a modest belief, not a measurement


@voter(Panel.RULES, columns=("rsi_14",))
def momentum(view: MarketView) -> Opinion:
    """Follow RSI 14: at 50 it has no side, at 0 and 100 its full belief.

    The confidence is the strength of that reading in [0, 1]; rules have no out-of-sample record to rank by.
    """
    rsi = view.feature("rsi_14")
    if isnan(rsi):
        return absent("RSI is not warm")
    strength = (rsi - 50.0) / 50.0
    return Opinion(0.5 + BELIEF * strength, confidence=abs(strength))
