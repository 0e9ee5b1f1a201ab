"""Which of the great exchanges were open when the bar opened, by their own clocks."""

from alphaplus.features.contract import feature
from alphaplus.features.library.calendar.dates import (
    DAY_MS,
    HOUR_MS,
    civil,
    day_number,
    london_summer,
    new_york_summer,
    weekday,
)
from alphaplus.features.state import compiled

MINUTE_MS = 60_000
TOKYO = 9 * HOUR_MS
NEW_YORK = -5 * HOUR_MS
YEAR_START, YEAR_END, LONDON_START, LONDON_END, NEW_YORK_START, NEW_YORK_END = range(6)


@compiled
def _open(local, start, end):
    """1 on weekdays from minute `start` to minute `end` of the local day, else 0."""
    minute = local % DAY_MS // MINUTE_MS
    return 1.0 if weekday(local // DAY_MS) < 5 and start <= minute < end else 0.0


@feature(
    inputs=("open_time",),
    outputs=("session_asia", "session_europe", "session_us"),
    state=6,
    unit="0 or 1",
)
def sessions(s, b, n, open_time):
    """Whether Tokyo (9:00 to 15:30), London (8:00 to 16:30) and New York (9:30 to 16:00) were open, holidays ignored.

    Local times, with the summer time that is in force there; its rules are worked out once a year.

    Reference: trading hours of the Tokyo, London and New York stock exchanges.
    """
    time = int(open_time)
    if n == 0 or not s[b + YEAR_START] <= time < s[b + YEAR_END]:
        year, _ = civil(time // DAY_MS)
        s[b + YEAR_START], s[b + YEAR_END] = day_number(year, 1, 1) * DAY_MS, day_number(year + 1, 1, 1) * DAY_MS
        s[b + LONDON_START], s[b + LONDON_END] = london_summer(year)
        s[b + NEW_YORK_START], s[b + NEW_YORK_END] = new_york_summer(year)
    london = HOUR_MS if s[b + LONDON_START] <= time < s[b + LONDON_END] else 0
    new_york = NEW_YORK + (HOUR_MS if s[b + NEW_YORK_START] <= time < s[b + NEW_YORK_END] else 0)
    return _open(time + TOKYO, 540, 930), _open(time + london, 480, 990), _open(time + new_york, 570, 960)
