"""Dates, weekdays and summer time against Python's own calendar and the time-zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.library.calendar.dates import civil, day_number, weekday

pytestmark = pytest.mark.xdist_group("features")  # one worker compiles for all of them

SESSIONS = {
    "session_asia": ("Asia/Tokyo", (9, 0), (15, 30)),
    "session_europe": ("Europe/London", (8, 0), (16, 30)),
    "session_us": ("America/New_York", (9, 30), (16, 0)),
}


def test_dates_and_weekdays_equal_the_gregorian_calendar():
    first = datetime(1990, 1, 1, tzinfo=UTC)
    for step in range(0, 40_000, 7):
        date = first + timedelta(days=step)
        day = (date - datetime(1970, 1, 1, tzinfo=UTC)).days
        assert civil.py_func(day) == (date.year, date.month)
        assert day_number.py_func(date.year, date.month, date.day) == day
        assert weekday.py_func(day) == date.weekday()


@pytest.mark.parametrize("column", list(SESSIONS))
def test_sessions_follow_the_local_clock_over_years_of_summer_times(flat, column):
    start = int(datetime(2007, 1, 1, tzinfo=UTC).timestamp()) * 1000
    count = 24 * 365 * 12
    got = compute_features(flat(count, start=start), "all").column(column)
    zone, opens, closes = SESSIONS[column]
    local = [datetime.fromtimestamp((start + i * Timeframe.H1.ms) / 1000, ZoneInfo(zone)) for i in range(count)]
    expected = [float(t.weekday() < 5 and opens <= (t.hour, t.minute) < closes) for t in local]
    assert np.array_equal(got, expected)
