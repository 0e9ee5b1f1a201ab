"""Volatility of the trading session so far, or of the pause since the last one."""

from math import sqrt

from alphaplus.features.contract import feature

SINCE, TOTAL, COUNT = range(3)
MINUTE_MS = 60_000


@feature(
    inputs=("open_time", "log_return_1", "minutes_since_session_change"),
    outputs=("session_volatility",),
    state=3,
    memory=1,
    memory_hours=52,
    unit="standard deviation a bar, as a ratio",
)
def session_volatility(s, b, n, open_time, change, minutes):
    """Root of the mean squared log return of the bars since `is_session_open` last changed; the mean is taken as zero.

    The stretch is one of the calendar, not of the bars: after a gap over a whole session it begins anew. Its first
    return comes from the close before it. Markets that never close have stretches as well, the longest from the close
    of New York on Friday to Monday in Tokyo. A daily bar of a weekday is a stretch of its own.

    Reference: Andersen & Bollerslev (1998), anchored to the sessions of `is_session_open`.
    """
    since = open_time - minutes * MINUTE_MS
    if n == 0 or since != s[b + SINCE]:
        s[b + SINCE], s[b + TOTAL], s[b + COUNT] = since, 0.0, 0.0
    s[b + TOTAL] += change * change
    s[b + COUNT] += 1.0
    return sqrt(s[b + TOTAL] / s[b + COUNT])
