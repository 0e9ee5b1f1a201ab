"""Gap fill: the price comes back to fill half of a fair value gap and closes out of it in the gap's direction."""

from alphaplus.patterns.entries.retest import enter_retests, retest
from alphaplus.patterns.smc.fair_value_gap import HORIZON, MOST
from alphaplus.patterns.zones import MITIGATED


@retest("gap_fill", of="fair_value_gap", most=MOST)
def gap_fill(s, b, n, high, low, close, atr, trend, swing_high, swing_low, born, bottom, top, grade):
    """Gap fill: the price fills half of a living fair value gap and closes out of it in the gap's direction.

    Half of the gap must have been traded through since its birth; the bar of the entry still reaches into the gap and
    closes beyond its near edge. A gap that is filled to its far edge is gone, and a gap gives one entry. The stop is a
    quarter of an average true range behind the gap's far edge, the target at the newest swing of twenty bars that lies
    before the price, at most three times the risk away. Left out is what risks less than half an average true range or
    has its target nearer than its stop. Strength is the mean of the gap's strength, the reward to risk over three, and
    the agreement of the structure (1, 0.5 or 0).

    Reference: the inner circle trader's consequent encroachment of fair value gaps.
    """
    bar, market, birth = (high, low, close), (trend, swing_high, swing_low), (born, bottom, top, grade)
    return enter_retests(s, b, n, bar, atr, market, birth, MOST, HORIZON, False, MITIGATED)
