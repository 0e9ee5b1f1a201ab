"""M1: returns that follow the one before them, r' = 0.3 r + 0.01 z; the best forecast is right 59.7 % of the time."""

from math import sqrt

import numpy as np

from alphaplus.core.normal import normal_cdf
from alphaplus.market.sources.simulated import SIGMA, Law, planted_market, usual_volume

RHO = 0.3


@planted_market("M1")
def persistent_returns(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns of an autoregression, started in its stationary law.

    The next bar rises with probability Phi(0.3 r / 0.01), so a perfect forecast is right with probability
    1/2 + asin(0.3) / pi. Volume is log-normal around the size of the move and says nothing about its direction.
    """
    shocks = SIGMA * generator.standard_normal(bars)
    shocks[0] /= sqrt(1.0 - RHO**2)
    moves = np.empty(bars)
    move = 0.0
    for position, shock in enumerate(shocks.tolist()):
        move = RHO * move + shock
        moves[position] = move
    bayes = normal_cdf(RHO * moves / SIGMA)
    return Law(np.expm1(moves), bayes, np.full(bars, SIGMA), usual_volume(generator, moves))
