"""N0: a martingale with clustered volatility and heavy tails, in which there is nothing to find."""

from math import sqrt

import numpy as np

from alphaplus.market.sources.simulated import SIGMA, Law, planted_market, usual_volume

ALPHA, BETA = 0.08, 0.90  # weights of the last squared return and of the last variance
DEGREES = 6
MAX_MOVE = 0.5  # keeps prices positive; cut on both sides alike, so the mean stays zero


@planted_market("N0")
def clustered_martingale(generator: np.random.Generator, bars: int) -> Law:
    """Draw plain returns r = sqrt(h) t of a GARCH(1,1) with Student t(6) shocks of unit variance.

    h' = omega + 0.08 r^2 + 0.90 h with a long-run volatility of 0.01 a bar. The law of every shock is symmetric, so
    the price is a martingale and the Bayes probability is 0.5 throughout. Volume follows |r|.

    Reference: Bollerslev, Generalized autoregressive conditional heteroskedasticity (1986).
    """
    shocks = generator.standard_t(DEGREES, bars) * sqrt((DEGREES - 2) / DEGREES)
    omega = SIGMA**2 * (1.0 - ALPHA - BETA)
    returns = np.empty(bars)
    volatility = np.empty(bars)
    variance = SIGMA**2
    for position, shock in enumerate(shocks.tolist()):
        volatility[position] = sqrt(variance)
        change = min(max(sqrt(variance) * shock, -MAX_MOVE), MAX_MOVE)
        returns[position] = change
        variance = omega + ALPHA * change * change + BETA * variance
    return Law(returns, np.full(bars, 0.5), volatility, usual_volume(generator, returns))


@planted_market("N1")
def clustered_martingale_for_long_labels(generator: np.random.Generator, bars: int) -> Law:
    """Draw N0 again under its second name: methodology 7 judges it on overlapping labels of 24 bars."""
    return clustered_martingale(generator, bars)
