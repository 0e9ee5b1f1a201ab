"""Time of day, day of the week and month of a bar's open, in UTC, plain and on a circle."""

from math import cos, pi, sin

from alphaplus.features.contract import feature
from alphaplus.features.library.calendar.dates import DAY_MS, civil, weekday

MINUTE_MS = 60_000
DAY, WEEK_SIN, WEEK_COS, MONTH_SIN, MONTH_COS = range(5)


@feature(
    inputs=("open_time",),
    outputs=("minute_of_day", "hour_of_day", "day_of_week"),
    unit="minutes in [0, 1439]; hours in [0, 23]; days in [0, 6], Monday 0",
)
def clock(s, b, n, open_time):
    """Minute of the day, hour of the day and day of the week at which the bar opened.

    Reference: definition, UTC.
    """
    time = int(open_time)
    minute = time % DAY_MS // MINUTE_MS
    return float(minute), float(minute // 60), float(weekday(time // DAY_MS))


@feature(
    inputs=("open_time",),
    outputs=("minute_of_day_sin", "minute_of_day_cos", "day_of_week_sin", "day_of_week_cos", "month_sin", "month_cos"),
    state=5,
    unit="ratio in [-1, 1]",
)
def clock_circle(s, b, n, open_time):
    """Sine and cosine of the time of day, the day of the week (Monday 0) and the month (January 0), as angles.

    Reference: definition, UTC.
    """
    time = int(open_time)
    day = time // DAY_MS
    if n == 0 or s[b + DAY] != day:
        _, month = civil(day)
        of_week, of_year = 2.0 * pi * weekday(day) / 7.0, 2.0 * pi * (month - 1) / 12.0
        s[b + DAY] = day
        s[b + WEEK_SIN], s[b + WEEK_COS] = sin(of_week), cos(of_week)
        s[b + MONTH_SIN], s[b + MONTH_COS] = sin(of_year), cos(of_year)
    of_day = 2.0 * pi * (time % DAY_MS // MINUTE_MS) / 1440.0
    return sin(of_day), cos(of_day), s[b + WEEK_SIN], s[b + WEEK_COS], s[b + MONTH_SIN], s[b + MONTH_COS]
