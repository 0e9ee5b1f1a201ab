"""Tables of any kind become the same bars, bad rows are quarantined as an import does, bad tables refused."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.market.frames import bars_from_table
from alphaplus.market.read import read_bars
from alphaplus.market.sources.simulated import simulate

H1 = Timeframe.H1


@pytest.fixture(scope="module")
def drawn():
    return simulate("M1", bars=50)


def kinds(bars):
    table = bars.table
    pandas = table.to_pandas()
    indexed = pandas.assign(open_time=pd.to_datetime(pandas["open_time"], unit="ms", utc=True))
    zoned = pl.col("open_time").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    arrays = {name: table[name].to_numpy() for name in table.columns}
    return {
        "polars": table,
        "lazy": table.lazy(),
        "arrow": table.to_arrow(),
        "pandas": pandas,
        "pandas with an index of times": indexed.set_index("open_time"),
        "pandas with an index without a name": indexed.set_index("open_time").rename_axis(None),
        "arrays": arrays,
        "lists": {name: table[name].to_list() for name in table.columns},
        "other names and order": table.rename({"open_time": "Date", "close": "Close", "volume": "Vol"}).select(
            "Vol", "Close", "low", "high", "open", "Date"
        ),
        "nanoseconds in another zone": table.with_columns(zoned.dt.cast_time_unit("ns")),
        "shuffled, with a repeated row": pl.concat([table.sample(fraction=1.0, shuffle=True, seed=1), table[:3]]),
        "more columns": table.with_columns(note=pl.lit("x")),
        "times as floats": table.with_columns(pl.col("open_time").cast(pl.Float64)),
        "pandas with an index of row numbers": indexed.rename(columns={"open_time": "date"}).iloc[::-1],
        "32 bits": table.with_columns(pl.col("open_time").cast(pl.UInt64)),
    }


@pytest.mark.parametrize("kind", list(kinds(simulate("M1", bars=5))))
def test_every_kind_of_table_gives_the_same_bars(drawn, kind):
    bars = bars_from_table(kinds(drawn)[kind], symbol="BTCUSDT", timeframe=H1)
    assert bars.table.equals(drawn.table)
    assert bars.instrument.symbol == "BTCUSDT"


def test_side_columns_are_kept_and_missing_values_of_theirs_are_unknown(drawn):
    table = drawn.table.with_columns(buy_volume=pl.Series([None, 1.0] * 25))
    bars = bars_from_table(table, symbol="BTCUSDT", timeframe=H1)
    assert np.isnan(bars.column("buy_volume")[0])
    assert bars.column("buy_volume")[1] == 1.0


def test_datetimes_without_a_zone_are_refused_unless_they_are_said_to_be_utc():
    table = {
        "time": [datetime(2024, 1, 1, 5, tzinfo=UTC)],
        "open": [1],
        "high": [2],
        "low": [1],
        "close": [2],
        "volume": [0],
    }
    aware = pl.DataFrame(table)
    naive = aware.with_columns(pl.col("time").dt.replace_time_zone(None))
    arrays = {name: naive[name].to_numpy() for name in naive.columns}
    days = naive.with_columns(pl.col("time").dt.date())
    assert bars_from_table(aware, symbol="X", timeframe=H1).open_time.tolist() == [1_704_085_200_000]
    for given in (naive, arrays, naive.to_pandas(), naive.to_pandas().set_index("time")):
        assert bars_from_table(given, symbol="X", timeframe=H1, utc=True).open_time.tolist() == [1_704_085_200_000]
        with pytest.raises(BadBars, match="no time zone") as caught:
            bars_from_table(given, symbol="X", timeframe=H1)
        assert "utc=True" in caught.value.hint
    assert bars_from_table(days, symbol="X", timeframe=H1, utc=True).open_time.tolist() == [1_704_067_200_000]
    with pytest.raises(BadBars, match="no time zone"):
        bars_from_table(days, symbol="X", timeframe=H1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"high": pl.lit(0.5)},
            "in 50 of 50 rows the prices contradict one another; the first: row 0: high 0.5 is below",
        ),
        ({"close": pl.lit(float("nan"))}, "row 0: close is nan"),
        (
            {"close": pl.lit(None, dtype=pl.Float64)},
            "none of its 50 rows is usable; the first: row 0: close is missing",
        ),
        ({"volume": pl.lit(-1.0)}, "volume is -1.0"),
        ({"volume": pl.lit("7")}, "column volume is String, expected numbers"),
        ({"open_time": pl.col("open_time") + 1}, "not on the grid of 1h"),
        ({"open_time": pl.col("open_time") // 1000}, "look like s, expected milliseconds"),
        ({"open_time": pl.col("open_time").cast(pl.String)}, "times are String"),
        ({"open_time": pl.lit(None, dtype=pl.Int64)}, "row 0: the time is missing"),
        ({"open_time": pl.lit(None)}, "row 0: the time is missing"),
        ({"open_time": pl.lit(0, dtype=pl.Int64)}, "not between 1990 and 2100"),
        ({"note": pl.lit(1), "Note": pl.lit(2)}, "names the column 'note' more than once"),
    ],
)
def test_bad_tables_are_refused_as_a_whole(drawn, change, message):
    with pytest.raises(BadBars) as caught:
        bars_from_table(drawn.table.with_columns(**change), symbol="BTCUSDT", timeframe=H1)
    assert message in caught.value.message


def test_what_is_no_table_of_bars_is_refused(drawn):
    with pytest.raises(BadBars, match="no column for volume"):
        bars_from_table(drawn.table.drop("volume"), symbol="X", timeframe=H1)
    with pytest.raises(BadBars, match="cannot make bars of a int"):
        bars_from_table(3, symbol="X", timeframe=H1)
    with pytest.raises(BadBars, match="differ in length"):
        bars_from_table({"open_time": [1, 2], "open": [1]}, symbol="X", timeframe=H1)
    with pytest.raises(ConfigError):
        bars_from_table(drawn.table, symbol="ВТС", timeframe=H1)
    assert bars_from_table(drawn.table, symbol="btc", timeframe=H1).instrument.symbol == "BTC"


@pytest.mark.parametrize("empty", [{}, {"schema": "given"}])
def test_a_table_without_rows_says_so(empty, drawn):
    names = ("open_time", "open", "high", "low", "close", "volume")
    with pytest.raises(BadBars, match="the table has no rows"):
        bars_from_table(drawn.table[:0] if empty else {name: [] for name in names}, symbol="X", timeframe=H1)


def test_names_of_columns_reach_no_terminal_raw(drawn):
    with pytest.raises(BadBars) as caught:
        bars_from_table(drawn.table.rename({"volume": "\x1b[31mRED\x07"}), symbol="X", timeframe=H1)
    assert caught.value.message.isprintable()
    assert r"\x1b[31mRED\x07" in caught.value.message


def spoilt(drawn) -> pl.DataFrame:
    """Twelve rows, of which nine are bad in different ways, one repeats another and one contradicts it."""
    table = drawn.table[:12].with_columns(buy_volume=1.0)
    cells = {
        (1, "close"): float("nan"),
        (2, "high"): float("inf"),
        (3, "low"): None,
        (4, "volume"): -1.0,
        (5, "open_time"): None,
        (6, "open_time"): int(table["open_time"][6]) + 1,
        (7, "open_time"): int(table["open_time"][7]) // 1000,
        (8, "buy_volume"): 1e15,
        (9, "buy_volume"): -2.0,
    }
    for (row, name), value in cells.items():
        column = table[name].to_list()
        column[row] = value
        table = table.with_columns(pl.Series(name, column, dtype=table[name].dtype))
    other = table[11].with_columns(close=pl.col("open"))
    return pl.concat([table, table[11], other])


def test_bad_rows_are_quarantined_as_those_of_a_file_are(drawn, tmp_path):
    """The same rows as a table and as a file: the same bars, reasons, counts and gaps; rows from 0, lines from 2."""
    table = spoilt(drawn)
    bars = bars_from_table(table, symbol="BTCUSDT", timeframe=H1)
    path = tmp_path / "a.csv"
    table.write_csv(path)
    read = read_bars([path], symbol="BTCUSDT", timeframe=H1, now=2_000_000_000_000)
    report, expected = bars.report, read.report
    assert bars.table.equals(read.table)
    assert (report.rows, report.stored, report.duplicates, report.conflicts) == (14, 3, 1, 1)
    assert report.stored + report.duplicates + report.quarantined_count == report.rows
    assert [row.line + 2 for row in report.quarantined] == [row.line for row in expected.quarantined]
    for ours, theirs in zip(report.quarantined[:-1], expected.quarantined[:-1], strict=True):
        assert ours.reason == theirs.reason
        assert ours.file == "the table"
    assert "in row 11 of the table, which stays" in report.quarantined[-1].reason
    assert (report.gaps, report.zero_volume, report.out_of_order) == (
        expected.gaps,
        expected.zero_volume,
        expected.out_of_order,
    )


def test_pandas_with_missing_cells_loses_only_their_rows(drawn):
    table = drawn.table.to_pandas()
    table.loc[3, "close"] = np.nan
    table.loc[5, "open_time"] = np.nan
    bars = bars_from_table(table, symbol="BTCUSDT", timeframe=H1)
    reasons = [(row.line, row.reason) for row in bars.report.quarantined]
    assert reasons == [(3, "close is missing"), (5, "the time is missing")]
    assert len(bars) == 48


def test_bars_that_are_not_closed_are_refused_when_the_time_is_known(drawn):
    now = int(drawn.open_time[-1]) + H1.ms - 1
    assert len(bars_from_table(drawn.table, symbol="X", timeframe=H1)) == 50
    report = bars_from_table(drawn.table, symbol="X", timeframe=H1, now=now).report
    assert "in the future" in report.quarantined[0].reason
    assert report.stored == 49


def test_a_table_in_a_coarser_timeframe_or_in_two_units_is_refused(drawn):
    with pytest.raises(BadBars, match="the table: its bars are 1h apart, expected 1m"):
        bars_from_table(drawn.table, symbol="X", timeframe=Timeframe.M1)
    mixed = pl.when(pl.int_range(50) < 30).then("open_time").otherwise(pl.col("open_time") // 1000)
    with pytest.raises(BadBars, match="row 0 is in ms, row 30 in s, as are 20 of 50 rows"):
        bars_from_table(drawn.table.with_columns(open_time=mixed), symbol="X", timeframe=H1)


def test_datetimes_between_milliseconds_do_not_slip_onto_the_grid(drawn):
    stamps = (pl.col("open_time") * 1000 + 1).cast(pl.Datetime("us", "UTC"))
    with pytest.raises(BadBars, match="off the grid of 1h bars; the first: row 0"):
        bars_from_table(drawn.table.with_columns(open_time=stamps), symbol="X", timeframe=H1)
