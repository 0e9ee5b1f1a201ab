"""M4: a candlestick pattern that is right; after an engulfing bar the next one goes its way 65 % of the time."""

import numpy as np

from alphaplus.market.sources.simulated import SIGMA, Law, planted_market, usual_volume

FOLLOWS = 0.65


@planted_market("M4")
def engulfing_bars(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns of normal size whose sign is fair, but after an engulfing bar is the sign of that bar with 0.65.

    A bar opens where the one before it closed, so it engulfs when it goes the other way and farther: it rises after a
    fall and closes above that bar's open, or falls after a rise and closes below it, a close at that very price not
    counting. The Bayes probability is 0.65 or 0.35 on such bars and 0.5 on all others, so where it is not 0.5 the
    pattern is. Sizes and volume say nothing about direction.

    TA-Lib's CDLENGULFING differs in what ties mean, which here have probability 0: it counts a bar that closes where it
    opened as a rising one, and would count a close at the open of the bar before, had the bar a gap at its other end.
    """
    sizes = SIGMA * np.abs(generator.standard_normal(bars))
    chances = generator.random(bars)
    moves, bayes = np.empty(bars), np.empty(bars)
    before, rises = 0.0, 0.5
    for position, (size, chance) in enumerate(zip(sizes.tolist(), chances.tolist(), strict=True)):
        move = size if chance < rises else -size
        engulfs = before * move < 0.0 and abs(move) > abs(before)
        rises = 0.5 if not engulfs else FOLLOWS if move > 0.0 else 1.0 - FOLLOWS
        moves[position], bayes[position] = move, rises
        before = move
    return Law(np.expm1(moves), bayes, np.full(bars, SIGMA), usual_volume(generator, moves))
