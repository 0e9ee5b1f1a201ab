"""N2: the bounce between bid and ask, a pattern in prices that nobody can trade."""

import numpy as np

from alphaplus.core.normal import normal_cdf
from alphaplus.market.sources.simulated import Law, planted_market, usual_volume

HALF_SPREAD = 4e-4  # of the price: 4 basis points
MID = 20e-4  # standard deviation of a log return of the mid price


@planted_market("N2")
def bid_ask_bounce(generator: np.random.Generator, bars: int) -> Law:
    """Draw closes that lie at the bid or at the ask, a fair coin each, around a mid price that is a martingale.

    Moves turn back: their lag-1 correlation is -c^2 / (2 c^2 + s^2) = -0.037, c the half spread and s that of the mid,
    and who bets against the last move is right 51.2 % of the time. Each side costs the half spread, so that even who
    knew at which side each close lies would buy at the mid, sell at the mid and win nothing: every strategy loses.

    The Bayes probability is that of an exact filter: the side of each close given all closes so far.

    Reference: Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread in an Efficient Market (1984).
    """
    sides = np.where(generator.random(bars + 1) < 0.5, -1.0, 1.0)
    moves = MID * generator.standard_normal(bars) + HALF_SPREAD * np.diff(sides)
    asks = np.empty(bars)  # the probability that the close lies at the ask
    ask = 0.5
    fits = {jump: np.exp(-0.5 * ((moves - jump * HALF_SPREAD) / MID) ** 2).tolist() for jump in (-2.0, 0.0, 2.0)}
    for position in range(bars):
        down, same, up = (fits[jump][position] for jump in (-2.0, 0.0, 2.0))
        at_ask, at_bid = ask * same + (1.0 - ask) * up, ask * down + (1.0 - ask) * same
        ask = at_ask / (at_ask + at_bid)
        asks[position] = ask
    rise = float(normal_cdf(np.array([2.0 * HALF_SPREAD / MID]))[0])  # from the bid to the ask
    bayes = asks * 0.5 * (0.5 + (1.0 - rise)) + (1.0 - asks) * 0.5 * (0.5 + rise)
    expected = np.full(bars, np.sqrt(MID**2 + 2.0 * HALF_SPREAD**2))
    return Law(np.expm1(moves), bayes, expected, usual_volume(generator, moves), fee_bps=1e4 * HALF_SPREAD)
