"""Whether volume grows: the last bars against those before them, without logarithms."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

FAST, SLOW = range(2)


@feature(
    inputs=("volume",),
    outputs=("volume_momentum_{window}",),
    variants=({"window": 10},),
    history={"volume": lambda window: 2 * window},
    warmup=lambda window: 2 * window,
    memory=lambda window: 2 * window,
    unit="ratio in [-1, 1]",
)
def volume_momentum(s, b, n, volume, window):
    """Volume of the last `window` bars minus that of as many before, over both; 0 without any.

    Reference: definition; the bounded form of the rate of change.
    """
    late, early = window_sum(s, volume, window), window_sum(s, volume - window, window)
    total = late + early
    return 0.0 if total <= 0.0 else (late - early) / total


@feature(
    inputs=("volume",),
    outputs=("volume_ema_ratio",),
    variants=({"fast": 12, "slow": 26},),
    state=2,
    warmup=lambda slow: slow,
    memory=lambda slow: 10 * slow,
    unit="ratio in [0, ({slow} + 1) / ({fast} + 1)]",
)
def volume_ema_ratio(s, b, n, volume, fast, slow):
    """Exponential mean of the volume over `fast` bars over that over `slow`; 1 without any volume.

    Weights are 2 / (length + 1), and both begin with the first volume. It is the percentage volume oscillator plus one.

    Reference: percentage volume oscillator, after Appel's MACD.
    """
    if n == 0:
        s[b + FAST] = s[b + SLOW] = volume
        return nan
    s[b + FAST] += (volume - s[b + FAST]) * (2.0 / (fast + 1.0))
    s[b + SLOW] += (volume - s[b + SLOW]) * (2.0 / (slow + 1.0))
    if n < slow - 1:
        return nan
    return 1.0 if s[b + SLOW] <= 0.0 else s[b + FAST] / s[b + SLOW]
