"""Order-block retest: the price comes back into an order block and closes out of it in the block's direction."""

from alphaplus.patterns.entries.retest import enter_retests, retest
from alphaplus.patterns.smc.order_block import HORIZON, MOST
from alphaplus.patterns.zones import TOUCHED


@retest("order_block_retest", of="order_block", most=MOST)
def order_block_retest(s, b, n, high, low, close, atr, trend, swing_high, swing_low, born, bottom, top, grade):
    """Order-block retest: the price comes back into a living order block and closes out of it in its direction.

    The bar of the entry reaches into the block and closes beyond its near edge; a block gives one entry. The stop is a
    quarter of an average true range behind the block's far edge or the bar's own extreme, whichever is farther, the
    target at the newest swing of twenty bars that lies before the price, at most three times the risk away. Left out is
    what risks less than half an average true range or has its target nearer than its stop. Strength is the mean of the
    block's strength, the reward to risk over three, and the agreement of the structure (1, 0.5 or 0).

    Reference: the inner circle trader's return to an order block.
    """
    bar, market, birth = (high, low, close), (trend, swing_high, swing_low), (born, bottom, top, grade)
    return enter_retests(s, b, n, bar, atr, market, birth, MOST, HORIZON, True, TOUCHED)
