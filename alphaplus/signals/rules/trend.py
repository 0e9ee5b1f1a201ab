"""Trend: the fast average above or below the slow one, believed as far as the market is trending."""

from math import isnan, tanh

from alphaplus.core.enums import Panel
from alphaplus.signals.view import MarketView
from alphaplus.signals.voting import Opinion, absent, voter

BELIEF = 0.06  # the most that the rule moves its probability from one half; a modest belief, not a measurement
TRENDING = 25.0  # ADX from which a market counts as trending (Wilder 1978)


@voter(Panel.RULES, columns=("ema_20", "ema_50", "atr_14", "adx_14"))
def trend(view: MarketView) -> Opinion:
    """Follow the gap between EMA 20 and EMA 50, in units of ATR 14, scaled down while ADX 14 is under 25.

    The confidence is the strength of that reading in [0, 1]; rules have no out-of-sample record to rank by.
    """
    fast, slow = view.feature("ema_20"), view.feature("ema_50")
    atr, adx = view.feature("atr_14"), view.feature("adx_14")
    if isnan(fast) or isnan(slow) or isnan(adx) or not atr > 0.0:
        return absent("averages, ATR or ADX are not warm, or the market stands still")
    strength = tanh((fast - slow) / atr) * min(adx / TRENDING, 1.0)
    return Opinion(0.5 + BELIEF * strength, confidence=abs(strength))
