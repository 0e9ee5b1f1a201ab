"""Where volatility stands among its values of the last month."""

from math import inf, nan

import numpy as np

from alphaplus.features.contract import feature
from alphaplus.features.state import compiled

HOUR_MS = 3_600_000
SAMPLES = 720  # the hours of 30 days
LEAST = 100  # samples, before which nothing is said
KEPT, NEXT, HOUR = range(SAMPLES // 2, SAMPLES // 2 + 3)  # slots after the samples, of which a slot holds two


@compiled
def _count_below(samples, value):
    """How many samples are below a value, in a loop that is compiled for many at once."""
    count = np.int32(0)
    for k in range(SAMPLES):
        count += np.int32(samples[np.uint64(k)] < value)
    return count


@feature(
    inputs=("open_time", "timeframe_ms", "{column}"),
    outputs=("{name}",),
    variants=(
        {"column": "realised_volatility_20", "name": "volatility_percentile"},
        {"column": "bollinger_width", "name": "bollinger_width_percentile"},
    ),
    state=SAMPLES // 2 + 3,
    warmup=1,
    warmup_hours=LEAST,
    memory=1,
    memory_hours=SAMPLES,
    gaps="carry",
    unit="ratio in [0, 1]",
)
def percentile(s, b, n, open_time, timeframe_ms, value):
    """Share of the values of the past 30 days that were smaller, from 0 to 1.

    The values compared with were sampled before this bar, one at the close of every hour (where the hour's last bar is
    missing, at the first one after), one a bar where bars are longer; 720 of them at most, of bars longer than an hour
    as many as 30 days hold, but no fewer than 100. The first value comes after 100 hours (longer bars: 100 bars). Equal
    values do not count as smaller, so a market that has never moved reads 0. To keep the state small, samples are kept
    and compared with the seven digits of a float32.

    Samples are counted, not dated: none is taken in a gap and none is dropped by one, so after a gap of months the
    first month is compared with the one before the gap, whose samples leave one by one. Where gaps take samples away
    the start shows longer than the declared memory, by as many hours.

    Reference: rank of the latest value; methodology of the project, regimes.
    """
    closed = int(open_time + timeframe_ms)
    hour = closed // HOUR_MS
    a_bar = max(timeframe_ms / HOUR_MS, 1.0)  # hours between two samples
    window = int(min(max(SAMPLES / a_bar, LEAST), SAMPLES))
    samples = s[b : b + SAMPLES // 2].view(np.float32)
    if n == 0:
        samples[:] = np.float32(inf)
    below, kept = _count_below(samples, np.float32(value)), int(s[b + KEPT])
    if hour != s[b + HOUR] and (n > 0 or closed % HOUR_MS == 0):
        place = int(s[b + NEXT])
        samples[place] = value
        s[b + NEXT] = place + 1.0 if place + 1 < window else 0.0
        s[b + KEPT] = min(kept + 1, window)
    s[b + HOUR] = hour
    if n < LEAST * max(HOUR_MS / timeframe_ms, 1.0):
        return nan
    return below / kept
