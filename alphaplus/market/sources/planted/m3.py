"""M3: volume that leads, r' = 0.01 (0.3 u + sqrt(0.91) z), u the shock that log volume has just had."""

import numpy as np

from alphaplus.core.normal import normal_cdf
from alphaplus.market.sources.planted.shocks import shocked_volume
from alphaplus.market.sources.simulated import SIGMA, Law, planted_market

WEIGHT = 0.3


@planted_market("M3")
def volume_leads(generator: np.random.Generator, bars: int) -> Law:
    """Draw log returns of normal size that follow the last shock to log volume.

    Log volume falls back by a tenth of its distance from the usual every bar (`shocked_volume`), so the shock is
    log v - 0.9 log v' - 0.1 log 1000, v' the volume before. The next bar rises with probability
    Phi(0.3 u / sqrt(0.91)), u the shock over its standard deviation, so a perfect forecast is right with probability
    1/2 + asin(0.3) / pi.
    """
    shocks, volume = shocked_volume(generator, bars)
    ahead = np.sqrt(1.0 - WEIGHT**2)
    before = np.concatenate(([generator.standard_normal()], shocks[:-1]))
    moves = SIGMA * (WEIGHT * before + ahead * generator.standard_normal(bars))
    return Law(np.expm1(moves), normal_cdf(WEIGHT * shocks / ahead), np.full(bars, SIGMA), volume)
