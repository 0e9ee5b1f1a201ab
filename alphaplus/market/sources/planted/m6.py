"""M6: calm bars that follow the one before and wild ones that turn back; what is right depends on the volatility."""

import numpy as np

from alphaplus.core.normal import normal_cdf
from alphaplus.market.sources.planted.hidden import filtered, hidden_states
from alphaplus.market.sources.simulated import SIGMA, Law, planted_market, usual_volume

FOLLOWS = np.array([0.35, -0.35])  # share of the last log return that comes again: calm, wild
SIZES = SIGMA * np.array([0.5, 2.0])
STAY = 0.99


@planted_market("M6")
def calm_and_wild(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns r' = f r + s z, f and s those of a hidden state that lasts a hundred bars on average.

    The Bayes probability is that of the filter of Hamilton (1989), as in M2: states given all returns so far, carried
    one bar on, times the chance of a rise in each, Phi(f r / s). Highs and lows are drawn with the volatility that the
    filter expected, so they tell no more about the state than the returns do.
    """
    states = hidden_states(generator, bars, stay=STAY)
    shocks = generator.standard_normal(bars)
    moves = np.empty(bars)
    move = 0.0
    for position, (share, size, shock) in enumerate(
        zip(FOLLOWS[states].tolist(), SIZES[states].tolist(), shocks.tolist(), strict=True)
    ):
        move = share * move + size * shock
        moves[position] = move
    before = np.concatenate(([0.0], moves[:-1]))
    likelihood = -0.5 * ((moves[:, None] - before[:, None] * FOLLOWS) / SIZES) ** 2 - np.log(SIZES)
    probable = filtered(likelihood, stay=STAY)
    rises = np.column_stack([normal_cdf(share * moves / size) for share, size in zip(FOLLOWS, SIZES, strict=True)])
    bayes = np.sum(probable[1:] * rises, axis=1)
    expected = np.sqrt(probable[:-1] @ SIZES**2)
    return Law(np.expm1(moves), bayes, expected, usual_volume(generator, moves))
