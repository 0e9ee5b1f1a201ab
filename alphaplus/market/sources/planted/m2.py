"""M2: two hidden states, one that drifts up and one that drifts down; the past tells which it probably is."""

import numpy as np

from alphaplus.core.normal import normal_cdf
from alphaplus.market.sources.planted.hidden import filtered, hidden_states
from alphaplus.market.sources.simulated import SIGMA, Law, planted_market, usual_volume

DRIFTS = np.array([-0.35, 0.35])  # in units of sigma
STAY = 0.98


@planted_market("M2")
def drifting_states(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns of normal size around the drift of a hidden state, which lasts fifty bars on average.

    The Bayes probability is that of the filter of Hamilton (1989): the probability of each state given all returns so
    far, carried one bar on, times the chance that a bar of that state rises.
    """
    states = hidden_states(generator, bars, stay=STAY)
    moves = SIGMA * (DRIFTS[states] + generator.standard_normal(bars))
    after = filtered(-0.5 * (moves[:, None] / SIGMA - DRIFTS) ** 2, stay=STAY)[1:]
    bayes = after @ normal_cdf(DRIFTS)
    return Law(np.expm1(moves), bayes, np.full(bars, SIGMA), usual_volume(generator, moves))
