"""Dates, weekdays, summer time and sessions against Python's own calendar and the time-zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.library.calendar.dates import civil, day_number, weekday
from alphaplus.features.sets import FeatureSet

SESSIONS = {
    "session_asia": ("Asia/Tokyo", (9, 0), (15, 30)),
    "session_europe": ("Europe/London", (8, 0), (16, 30)),
    "session_us": ("America/New_York", (9, 30), (16, 0)),
}
PLAIN = ("minute_of_day", "hour_of_day", "day_of_week", "month")
ANGLES = {"minute_of_day": (0, 1440), "day_of_week": (0, 7), "month": (1, 12)}
CLOCK = FeatureSet("clock", PLAIN + tuple(f"{name}_{wave}" for name in ANGLES for wave in ("sin", "cos")))
OPEN = FeatureSet("open", (*SESSIONS, "is_session_open", "minutes_since_session_change"))
VOLATILITY = FeatureSet("volatility", ("session_volatility", "log_return_1"))
COVERED = frozenset((*CLOCK.columns, *OPEN.columns, "session_volatility"))


def ms(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1000


def opened(time):
    """Whether each exchange is open at a time, by the time-zone database."""
    flags = []
    for zone, opens, closes in SESSIONS.values():
        local = datetime.fromtimestamp(time / 1000, ZoneInfo(zone))
        flags.append(float(local.weekday() < 5 and opens <= (local.hour, local.minute) < closes))
    return flags


def stretches(times, step):
    """Since when each time has been in a session, or out of any: walked back over the calendar, bar by bar."""
    is_open = {time: any(opened(time)) for time in range(times[0] - 4 * 86_400_000, times[-1] + step, step)}
    since, found = min(is_open), {}
    for time, state in is_open.items():
        since = since if state == is_open.get(time - step, state) else time
        found[time] = since
    return np.array([found[time] for time in times.tolist()])


def test_dates_and_weekdays_equal_the_gregorian_calendar():
    first = datetime(1990, 1, 1, tzinfo=UTC)
    for step in range(0, 40_000, 7):
        date = first + timedelta(days=step)
        day = (date - datetime(1970, 1, 1, tzinfo=UTC)).days
        assert civil.py_func(day) == (date.year, date.month)
        assert day_number.py_func(date.year, date.month, date.day) == day
        assert weekday.py_func(day) == date.weekday()


@pytest.mark.parametrize(("timeframe", "count"), [(Timeframe.M1, 90_000), (Timeframe.H1, 40_000), (Timeframe.W1, 900)])
def test_the_clock_equals_that_of_python(frame, timeframe, count):
    flat = dict.fromkeys(("open", "high", "low", "close", "volume"), np.ones(count))
    bars = frame(flat, timeframe=timeframe, start=ms(2019, 12, 30))
    got = compute_features(bars, CLOCK)
    dates = [datetime.fromtimestamp(time / 1000, UTC) for time in bars.open_time.tolist()]
    expected = np.array([(d.hour * 60 + d.minute, d.hour, d.weekday(), d.month) for d in dates], dtype=float)
    assert np.array_equal(np.column_stack([got.column(name) for name in PLAIN]), expected)
    for name, (first, count) in ANGLES.items():
        angle = 2 * np.pi * (expected[:, PLAIN.index(name)] - first) / count
        np.testing.assert_allclose(got.column(f"{name}_sin"), np.sin(angle), rtol=0, atol=1e-11)
        np.testing.assert_allclose(got.column(f"{name}_cos"), np.cos(angle), rtol=0, atol=1e-11)


def test_sessions_follow_the_local_clock_over_years_of_summer_times(flat):
    bars = flat(24 * 365 * 12, start=ms(2007, 1, 1))
    got = compute_features(bars, OPEN)
    expected = np.array([opened(time) for time in bars.open_time.tolist()])
    assert np.array_equal(np.column_stack([got.column(name) for name in SESSIONS]), expected)
    assert np.array_equal(got.column("is_session_open"), expected.max(axis=1))


@pytest.mark.parametrize("start", [(2021, 3, 5), (2021, 10, 22), (2021, 12, 24)], ids=["spring", "autumn", "new year"])
def test_the_age_of_a_session_is_that_of_the_calendar(walk, start):
    bars = walk(28 * 96, timeframe=Timeframe.M15, start=ms(*start))
    age = compute_features(bars, OPEN).column("minutes_since_session_change")
    assert np.array_equal(age, (bars.open_time - stretches(bars.open_time, Timeframe.M15.ms)) / 60_000)
    assert age.max() <= 3_120


@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H1, Timeframe.D1])
def test_session_volatility_is_that_of_the_returns_since_the_session_began(walk, timeframe):
    bars = walk(1_500, timeframe=timeframe, start=ms(2021, 3, 1))
    bars = bars.rows(0, 700) if timeframe is Timeframe.D1 else bars
    keep = np.setdiff1d(np.arange(len(bars)), np.arange(200, 220)).tolist()  # a gap that spans a whole session at 1h
    bars = type(bars)(bars.instrument, bars.timeframe, bars.table[keep])
    got = compute_features(bars, VOLATILITY)
    since = stretches(bars.open_time, min(timeframe.ms, Timeframe.M30.ms))
    change = np.diff(np.log(bars.column("close")), prepend=np.nan)
    assert np.isnan(got.column("session_volatility")[0])
    for row in range(1, len(bars)):
        inside = (since == since[row]) & (np.arange(len(bars)) <= row) & (np.arange(len(bars)) > 0)
        expected = np.sqrt(np.mean(change[inside] ** 2))
        np.testing.assert_allclose(got.column("session_volatility")[row], expected, rtol=1e-9)


def test_a_market_without_movement_has_no_session_volatility(flat):
    values = compute_features(flat(200), VOLATILITY).column("session_volatility")
    assert np.isnan(values[0])
    assert (values[1:] == 0.0).all()
