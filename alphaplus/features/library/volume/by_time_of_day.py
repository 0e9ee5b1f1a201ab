"""How much is traded, compared with the same minute of the days before."""

from math import nan

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTES = 1_440
WEIGHT = 0.05  # of the latest day
DAY, FIRST, TOTAL, USUAL, MINUTE = range(5)  # the day so far, the usual bar of the days before, a slot per minute


@compiled
def _blend(known, new):
    """Exponential mean, which begins with the first number that is not zero."""
    return known + WEIGHT * (new - known) if known > 0.0 else new


@feature(
    inputs=("open_time", "volume", "minute_of_day", "timeframe_ms"),
    outputs=("relative_volume",),
    state=MINUTE + MINUTES,
    warmup=1,
    warmup_hours=24,
    memory=1,
    memory_hours=9_600,
    gaps="carry",
    unit="ratio in [0, 100]",
)
def relative_volume(s, b, n, open_time, volume, minute_of_day, timeframe_ms):
    """Volume over what is usual at this minute of the day (UTC), as known from the days before.

    Usual is an exponential mean over the days, of weight 1/20, of the volume of the bars that open at this minute. A
    minute without any volume so far borrows the mean volume of a bar, an exponential mean over the days before too. So
    neither this bar nor another of its day is in what it is compared with. Capped at 100; 1 where nothing is usual.
    Nothing is told before 24 hours of bars (24 bars where they are longer). Gaps do not restart it.

    Reference: definition.
    """
    if n == 0 or open_time >= s[b + DAY] + DAY_MS:
        if n > 0:
            s[b + USUAL] = _blend(s[b + USUAL], s[b + TOTAL] / (n - s[b + FIRST]))
        s[b + DAY], s[b + TOTAL], s[b + FIRST] = int(open_time) // DAY_MS * DAY_MS, 0.0, n
    s[b + TOTAL] += volume
    slot = b + MINUTE + int(minute_of_day)
    known = s[slot]
    s[slot] = _blend(known, volume)
    if n * min(timeframe_ms, HOUR_MS) < 24 * HOUR_MS:
        return nan
    usual = known if known > 0.0 else s[b + USUAL]
    return 1.0 if usual <= 0.0 else min(volume / usual, 100.0)
