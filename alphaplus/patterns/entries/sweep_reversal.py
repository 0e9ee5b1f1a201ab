"""Sweep reversal: a liquidity sweep, entered at its own close."""

from alphaplus.patterns.entries import trade


@trade.entry(
    inputs=(*trade.BAR, *trade.MARKET, "liquidity_sweep_born", "liquidity_sweep_grade"),
    optional=(*trade.MARKET, "liquidity_sweep_grade"),
    variants=({"name": "sweep_reversal"},),
    causes=("liquidity_sweep",),
)
def sweep_reversal(s, b, n, high, low, close, atr, trend, swing_high, swing_low, born, grade):
    """Sweep reversal: a liquidity sweep is entered against the side that was swept, at its own close.

    The bar that sweeps has closed back on the other side of the pool, which is all the confirmation that is asked for.
    The stop stands a quarter of an average true range behind the bar's extreme, the target at the newest swing of
    twenty bars that lies before the price, at most three times the risk away. Left out is what risks less than half an
    average true range or has its target nearer than its stop. Strength is the mean of the sweep's strength, the reward
    to risk over three, and the agreement of the structure (1, 0.5 or 0).

    Reference: Wyckoff's spring and upthrust; the inner circle trader's liquidity sweep.
    """
    trade.advance(s, b, n, high, low)
    if abs(born) == 1.0:
        stop = (low if born > 0.0 else high) - born * trade.BEYOND * atr
        target = trade.swing_target(born, close, stop, swing_high, swing_low)
        strength = trade.confidence(born, close, target, stop, atr, grade, trend)
        if strength > 0.0:
            trade.enter(s, b, n, born, strength, target, stop)
    return trade.columns(s, b, n, close, 0.0)
