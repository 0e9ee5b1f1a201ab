"""M5: two signs that say nothing alone, sign r' = sign r times the sign of the volume shock, 65 % of the time."""

import numpy as np

from alphaplus.market.sources.planted.shocks import shocked_volume
from alphaplus.market.sources.simulated import SIGMA, Law, planted_market

FOLLOWS = 0.65


@planted_market("M5")
def moves_that_volume_confirms(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns of normal size: a bar goes on where volume has had a shock upwards, and back where downwards.

    The sign of a bar is that of the bar before times that of the shock to log volume then (`shocked_volume`), with
    probability 0.65. Either sign by itself says nothing, so whatever adds up columns is blind to it. Sizes say nothing
    about direction, and volume nothing about size.
    """
    shocks, volume = shocked_volume(generator, bars)
    sizes = SIGMA * np.abs(generator.standard_normal(bars))
    signs = np.sign(shocks) * np.where(generator.random(bars) < FOLLOWS, 1.0, -1.0)
    first = 1.0 if generator.random() < 0.5 else -1.0
    way = first * np.concatenate(([1.0], np.cumprod(signs[:-1])))
    bayes = np.where(way * shocks > 0.0, FOLLOWS, 1.0 - FOLLOWS)
    return Law(np.expm1(way * sizes), bayes, np.full(bars, SIGMA), volume)
