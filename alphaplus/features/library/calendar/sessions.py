"""Which of the great exchanges were open when the bar opened, by their own clocks, and how long it has been so."""

from alphaplus.features.contract import feature
from alphaplus.features.library.calendar.dates import (
    DAY_MS,
    HOUR_MS,
    civil,
    london_summer,
    new_york_summer,
    weekday,
)
from alphaplus.features.state import compiled

MINUTE_MS = 60_000
ASIA_CLOSE = 390 * MINUTE_MS  # 15:30 in Tokyo, in ms after midnight UTC, as all of these; it opens at midnight
EUROPE_OPEN, EUROPE_CLOSE = 480 * MINUTE_MS, 990 * MINUTE_MS  # 8:00 and 16:30 in London without summer time
US_OPEN, US_CLOSE = 870 * MINUTE_MS, 1_260 * MINUTE_MS  # 9:30 and 16:00 in New York without summer time
DAY, ASIA, ASIA_END, EUROPE, EUROPE_END, US, US_END = range(7)


@compiled
def _plan_day(s, b, day):
    """Keep when the exchanges open and close on a day; on a weekend all of it is Friday's last close."""
    traded = day - max(weekday(day) - 4, 0)
    midnight = traded * DAY_MS
    year, _ = civil(traded)
    first, last = london_summer(year)
    london = HOUR_MS if first <= traded < last else 0
    first, last = new_york_summer(year)
    new_york = HOUR_MS if first <= traded < last else 0
    close = midnight + US_CLOSE - new_york
    s[b + DAY], s[b + US_END] = day * DAY_MS, close
    s[b + ASIA] = midnight if traded == day else close
    s[b + ASIA_END] = midnight + ASIA_CLOSE if traded == day else close
    s[b + EUROPE] = midnight + EUROPE_OPEN - london if traded == day else close
    s[b + EUROPE_END] = midnight + EUROPE_CLOSE - london if traded == day else close
    s[b + US] = midnight + US_OPEN - new_york if traded == day else close


@feature(
    inputs=("open_time",),
    outputs=("session_asia", "session_europe", "session_us", "is_session_open", "minutes_since_session_change"),
    state=7,
    unit=("flag, 0 or 1", "flag, 0 or 1", "flag, 0 or 1", "flag, 0 or 1", "minutes in [0, 3120]"),
)
def sessions(s, b, n, open_time):
    """Whether Tokyo (9:00 to 15:30), London (8:00 to 16:30) and New York (9:30 to 16:00) were open, holidays ignored.

    Local times, with the summer time that is in force there. Then whether any of them was, and for how many minutes it
    has been so: since an exchange opened where all were closed, or since the last one closed. By these hours London
    and New York overlap on every weekday, so a weekday has two stretches with an exchange open.

    Reference: trading hours of the Tokyo, London and New York stock exchanges.
    """
    if n == 0 or open_time >= s[b + DAY] + DAY_MS:
        _plan_day(s, b, int(open_time) // DAY_MS)
    asia = 1.0 if open_time < s[b + ASIA_END] else 0.0
    europe = 1.0 if s[b + EUROPE] <= open_time < s[b + EUROPE_END] else 0.0
    us = 1.0 if s[b + US] <= open_time < s[b + US_END] else 0.0
    since = s[b + ASIA] if asia > 0.0 else s[b + ASIA_END]
    since = s[b + EUROPE] if s[b + EUROPE] <= open_time else since
    since = s[b + US_END] if s[b + US_END] <= open_time else since
    return asia, europe, us, max(asia, europe, us), (open_time - since) / MINUTE_MS
