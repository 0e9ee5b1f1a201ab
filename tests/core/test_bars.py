"""Bars and timeframes: the grid, the schema, the gaps."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, UnknownName

HOUR = 3_600_000


def frame(times, **columns):
    n = len(times)
    table = {"open_time": pl.Series(times, dtype=pl.Int64)}
    for name in ("open", "high", "low", "close", "volume"):
        table[name] = columns.get(name, np.ones(n))
    table |= {name: values for name, values in columns.items() if name not in table}
    return BarFrame(Instrument("BTCUSDT"), Timeframe.H1, pl.DataFrame(table))


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("1m", 1), ("3m", 3), ("15m", 15), ("1h", 60), ("4h", 240), ("12h", 720), ("1d", 1440), ("1w", 10080)],
)
def test_length_of_a_timeframe(name, minutes):
    assert Timeframe.parse(name.upper()).ms == minutes * 60_000


def test_weeks_start_on_monday_and_days_at_midnight():
    wednesday = int(datetime(2022, 10, 12, 13, 30, tzinfo=UTC).timestamp() * 1000)
    week = datetime.fromtimestamp(Timeframe.W1.floor(wednesday) / 1000, UTC)
    day = datetime.fromtimestamp(Timeframe.D1.floor(wednesday) / 1000, UTC)
    assert (week.isoformat(), week.weekday()) == ("2022-10-10T00:00:00+00:00", 0)
    assert day.isoformat() == "2022-10-12T00:00:00+00:00"


def test_unknown_timeframe_names_the_nearest():
    with pytest.raises(UnknownName, match="15m"):
        Timeframe.parse("15")


def test_gaps_are_counted_and_never_filled():
    bars = frame([0, HOUR, 4 * HOUR, 5 * HOUR])
    assert bars.missing_before.tolist() == [0, 0, 2, 0]
    assert len(bars) == 4


@pytest.mark.parametrize("times", [[0, 0], [HOUR, 0]])
def test_times_that_do_not_increase_are_refused(times):
    with pytest.raises(BadBars, match="strictly increasing"):
        frame(times)


def test_a_column_outside_the_schema_is_refused():
    with pytest.raises(BadBars, match="shoe_size"):
        frame([0], shoe_size=np.ones(1))


def test_an_absent_side_column_is_nan_not_a_constant():
    bars = frame([0, HOUR])
    assert np.isnan(bars.column("buy_volume")).all()
    with pytest.raises(UnknownName):
        bars.column("buy_volumes")


def test_matrix_is_contiguous_and_ordered():
    bars = frame([0, HOUR], close=np.array([1.5, 2.5]))
    matrix = bars.matrix(("close", "open_time"))
    assert matrix.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(matrix, [[1.5, 0], [2.5, HOUR]])


def test_between_is_half_open():
    bars = frame([0, HOUR, 2 * HOUR])
    assert bars.between(HOUR, 2 * HOUR).open_time.tolist() == [HOUR]
