"""Time of day, day of the week and month of a bar's open, in UTC, plain and on a circle."""

from math import cos, pi, sin

import numpy as np

from alphaplus.features.contract import feature
from alphaplus.features.library.calendar.dates import DAY_MS, civil, day_number, weekday
from alphaplus.features.state import compiled

MINUTE_MS = 60_000
MINUTES = 1_440  # of a day
QUARTER = MINUTES // 4  # from a sine to its cosine
# Rounded, so that no machine's last digit gets into the hash of a feature set.
CIRCLE = np.round([sin(2.0 * pi * minute / MINUTES) for minute in range(MINUTES + QUARTER)], 12)
DAY, OF_WEEK, WEEK_SIN, WEEK_COS, MONTH_END, MONTH, MONTH_SIN, MONTH_COS = range(8)


@compiled
def _begin_day(s, b, day):
    """Keep what is the same all day, and what is the same all month."""
    of_week = 2.0 * pi * weekday(day) / 7.0
    s[b + DAY], s[b + OF_WEEK] = day * DAY_MS, weekday(day)
    s[b + WEEK_SIN], s[b + WEEK_COS] = sin(of_week), cos(of_week)
    if s[b + MONTH] == 0.0 or day >= s[b + MONTH_END]:
        year, month = civil(day)
        of_year = 2.0 * pi * (month - 1) / 12.0
        s[b + MONTH], s[b + MONTH_SIN], s[b + MONTH_COS] = month, sin(of_year), cos(of_year)
        s[b + MONTH_END] = day_number(year, month + 1, 1) if month < 12 else day_number(year + 1, 1, 1)


@feature(
    inputs=("open_time",),
    outputs=(
        "minute_of_day",
        "hour_of_day",
        "day_of_week",
        "month",
        "minute_of_day_sin",
        "minute_of_day_cos",
        "day_of_week_sin",
        "day_of_week_cos",
        "month_sin",
        "month_cos",
    ),
    state=8,
    unit=(
        "minutes in [0, 1439]",
        "hours in [0, 23]",
        "days in [0, 6]",
        "months in [1, 12]",
        "sine in [-1, 1]",
        "cosine in [-1, 1]",
        "sine in [-1, 1]",
        "cosine in [-1, 1]",
        "sine in [-1, 1]",
        "cosine in [-1, 1]",
    ),
)
def clock(s, b, n, open_time):
    """Minute and hour of the day, day of the week (Monday 0) and month (January 1) at which the bar opened.

    Beside them sine and cosine of the time of day, the day of the week and the month as angles, midnight, Monday and
    January at angle 0.

    Reference: definition, UTC.
    """
    if n == 0 or open_time >= s[b + DAY] + DAY_MS:
        _begin_day(s, b, int(open_time) // DAY_MS)
    minute = int((open_time - s[b + DAY]) / MINUTE_MS)
    return (
        float(minute),
        float(minute // 60),
        s[b + OF_WEEK],
        s[b + MONTH],
        CIRCLE[minute],
        CIRCLE[minute + QUARTER],
        s[b + WEEK_SIN],
        s[b + WEEK_COS],
        s[b + MONTH_SIN],
        s[b + MONTH_COS],
    )
