"""Features and labels joined row by row."""

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import DataError, NotEnoughSamples
from alphaplus.datasets.assemble import assemble, join, make_dataset
from alphaplus.datasets.labelling import LabelSpec, make
from alphaplus.features import sets
from alphaplus.features.compute import compute_features
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import feature_set


def features(bars, *, warmup=10):
    """Two columns that say which bar they come from: its number and its close."""
    values = np.column_stack([np.arange(len(bars), dtype=float), bars.column("close")])
    values[: warmup - 1] = np.nan
    return FeatureFrame(bars.instrument, bars.timeframe, ("number", "close"), bars.open_time, values)


def joined(bars, *, label=None, frames=None, start=None):
    series = bars if isinstance(bars, list) else [bars]
    return join(
        series,
        frames or [features(one) for one in series],
        label=label or LabelSpec("target_return", 5),
        feature_set_name="test",
        feature_set_hash="0",
        start=start,
    )


def test_every_row_joins_the_features_and_the_label_of_one_bar(make_bars):
    bars = make_bars(200, missing=range(100, 110))
    dataset = joined(bars)
    labelled = make(dataset.label, bars)
    number = dataset.X[:, 0].astype(int)
    assert np.array_equal(number, [t for t in range(9, 195) if labelled.valid[t]])
    assert np.array_equal(dataset.y, labelled.y[number])
    assert np.array_equal(dataset.as_of, bars.close_time[number])
    assert np.array_equal(dataset.span_end, bars.close_time[number + 5])
    close = bars.column("close")
    assert dataset.last_return == pytest.approx(close[number] / close[number - 1] - 1.0, abs=1e-15)
    assert dataset.outcome == pytest.approx(close[number + 5] / bars.column("open")[number + 1] - 1.0, abs=1e-15)
    assert dataset.X.dtype == np.float32
    assert dataset.X.flags.c_contiguous


def test_panel_is_ordered_by_time_then_instrument(make_bars):
    one, two = make_bars(100, symbol="AAA"), make_bars(80, seed=1, symbol="BBB")
    dataset = joined([one, two])
    assert (np.diff(dataset.as_of) >= 0).all()
    assert dataset.symbols == ("AAA", "BBB")
    assert np.array_equal(np.lexsort((dataset.instrument_id, dataset.as_of)), np.arange(len(dataset)))
    for position, series in enumerate((one, two)):
        mine = dataset.rows(dataset.instrument_id == position)
        assert np.array_equal(mine.y, joined(series).y)


def test_start_drops_rows_but_not_history(make_bars):
    bars = make_bars(200)
    start = int(bars.close_time[60])
    late = joined(bars, start=start)
    assert late.as_of[0] == start
    assert late.X[0, 0] == 60.0


def test_missing_features_are_counted_and_their_rows_left_out(make_bars):
    bars = make_bars(100)
    frame = features(bars, warmup=1)
    frame.values[20:30, 0] = np.nan
    frame.values[40, 1] = 1e300  # would be infinite as float32
    dataset = joined(bars, frames=[frame])
    assert len(dataset) == 94 - 11  # the first bar has no last return, the last five no label
    assert np.isfinite(dataset.X).all()
    assert dataset.missing_share == pytest.approx([10 / 94, 1 / 94])
    assert dataset.report()["missing_share"] == pytest.approx({"number": 10 / 94, "close": 1 / 94})


def test_column_without_any_value_is_named(make_bars):
    bars = make_bars(100)
    frame = features(bars)
    frame.values[:, 1] = np.nan
    with pytest.raises(NotEnoughSamples, match="none has a value of close "):
        joined(bars, frames=[frame])


def test_series_too_short_for_a_row(make_bars):
    with pytest.raises(NotEnoughSamples, match="of 8 bars none has a value of number, close"):
        joined(make_bars(8))


def test_series_that_do_not_belong_together(make_bars):
    with pytest.raises(DataError, match="timeframes"):
        joined([make_bars(50), make_bars(50, symbol="BBB", timeframe=Timeframe.D1)])
    with pytest.raises(DataError, match="twice"):
        joined([make_bars(50), make_bars(50)])
    with pytest.raises(DataError, match="at least one"):
        assemble([], feature_set("lean"), LabelSpec("target_return", 5))


def test_hash_follows_the_content(make_bars):
    bars = make_bars(100)
    assert joined(bars).hash == joined(bars).hash
    assert joined(bars).hash != joined(make_bars(100, seed=9)).hash
    assert joined(bars).hash != joined(bars, label=LabelSpec("target_return", 6)).hash


def test_report_says_what_there_is(make_bars):
    bars = make_bars(300)
    dataset = joined(bars, label=LabelSpec("signal_direction", 4))
    report = dataset.report()
    assert report["rows"] == len(dataset)
    assert sum(report["class_balance"].values()) == pytest.approx(1.0)
    assert report["n_eff"] == pytest.approx(len(dataset) / 4, rel=0.05)
    assert dataset.weight.mean() == pytest.approx(1.0)


def test_panel_of_copies_is_worth_one_of_them(make_bars):
    """Four byte-identical series under four names: as much evidence, and each row as much weight, as in one."""
    label = LabelSpec("signal_direction", 24)
    one = joined(make_bars(2_000, symbol="A"), label=label)
    four = joined([make_bars(2_000, symbol=name) for name in "ABCD"], label=label)
    assert len(four) == 4 * len(one)
    assert four.n_eff == pytest.approx(one.n_eff)
    assert four.report()["n_eff"] == pytest.approx(one.n_eff)
    assert np.allclose(four.weight[four.instrument_id == 2], one.weight)


def test_columns_that_a_timeframe_cannot_have_are_left_out_and_said(make_bars, monkeypatch):
    """On daily bars a 4h column never has a value, as three of the default set."""
    monkeypatch.setitem(sets._NAMED, "small", ("return_1", "h4_return", "h4_rsi_14", "body_ratio", "d1_return"))
    bars = make_bars(300, timeframe=Timeframe.D1)
    dataset = make_dataset(bars, "small", horizon=5)
    assert dataset.columns == ("return_1", "body_ratio", "d1_return")
    assert dataset.columns_left_out == ("h4_return", "h4_rsi_14")
    assert dataset.report()["columns_left_out"] == ["h4_return", "h4_rsi_14"]
    usable = feature_set("small", Timeframe.D1)
    assert (dataset.feature_set, dataset.feature_set_hash) == (usable.name, usable.hash)
    assert usable.hash != feature_set("small").hash
    assert compute_features(bars, "small").columns == dataset.columns  # a model's columns, by the name it keeps
    hours = make_dataset(make_bars(900), "small", horizon=5)
    assert hours.columns == feature_set("small").columns
    assert hours.columns_left_out == ()


def test_real_features_by_name(make_bars):
    bars = make_bars(900)
    dataset = make_dataset(bars, "lean", label="signal_direction", horizon=3, threshold=0.0)
    direct = assemble([bars], feature_set("lean"), LabelSpec("signal_direction", 3, {"threshold": 0.0}))
    assert dataset.hash == direct.hash
    assert dataset.columns == feature_set("lean").columns
    assert dataset.feature_set_hash == feature_set("lean").hash
    assert len(dataset) > 400
    assert dataset.task.value == "binary"
