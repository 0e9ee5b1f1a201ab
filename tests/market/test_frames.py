"""Tables of any kind become the same bars, and bad ones are refused with their rows."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.market.frames import bars_from_table
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
        "arrays of datetime64": arrays | {"open_time": arrays["open_time"].astype("datetime64[ms]")},
        "lists": {name: table[name].to_list() for name in table.columns},
        "other names and order": table.rename({"open_time": "Date", "close": "Close", "volume": "Vol"}).select(
            "Vol", "Close", "low", "high", "open", "Date"
        ),
        "nanoseconds in another zone": table.with_columns(zoned.dt.cast_time_unit("ns")),
        "shuffled, with a repeated row": pl.concat([table.sample(fraction=1.0, shuffle=True, seed=1), table[:3]]),
        "more columns": table.with_columns(note=pl.lit("x")),
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


def test_python_datetimes_without_a_zone_are_utc():
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
    for frame in (aware, naive):
        assert bars_from_table(frame, symbol="X", timeframe=H1).open_time.tolist() == [1_704_085_200_000]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"high": pl.lit(0.5)}, "50 of 50 rows break a rule: row 0: high 0.5 is below"),
        ({"close": pl.lit(float("nan"))}, "row 0: close is nan"),
        ({"close": pl.lit(None, dtype=pl.Float64)}, "row 0: close is nan"),
        ({"volume": pl.lit(-1.0)}, "volume is -1.0"),
        ({"volume": pl.lit("7")}, "column volume is String, expected numbers"),
        ({"open_time": pl.col("open_time") + 1}, "not on the grid of 1h"),
        ({"open_time": pl.col("open_time") // 1000}, "look like s, expected milliseconds"),
        ({"open_time": pl.col("open_time").cast(pl.String)}, "times are String"),
        ({"open_time": pl.col("open_time").cast(pl.Float64)}, "times are Float64"),
        ({"open_time": pl.lit(None, dtype=pl.Int64)}, "50 rows have no time"),
        ({"open_time": pl.lit(0, dtype=pl.Int64)}, "not between 1990 and 2100"),
        ({"open_time": pl.lit(1_600_002_000_000)}, "49 rows repeat a time with other values, the first row 1"),
    ],
)
def test_bad_tables_are_refused_with_their_rows(drawn, change, message):
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
        bars_from_table(drawn.table, symbol="btc", timeframe=H1)


def test_datetimes_between_milliseconds_do_not_slip_onto_the_grid(drawn):
    stamps = (pl.col("open_time") * 1000 + 1).cast(pl.Datetime("us"))
    with pytest.raises(BadBars, match="not on the grid"):
        bars_from_table(drawn.table.with_columns(open_time=stamps), symbol="X", timeframe=H1)
