"""Gaps in the bars, and columns on higher timeframes."""

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import feature, features
from alphaplus.features.sets import FeatureSet, feature_set

CLOCKS = FeatureSet("clocks", ("h4_return", "d1_return", "h4_rsi_14", "h4_volume_ratio", "d1_volume_ratio"))


def without(bars, *positions):
    keep = np.setdiff1d(np.arange(len(bars)), np.concatenate([np.atleast_1d(p) for p in positions]))
    return BarFrame(bars.instrument, bars.timeframe, bars.table[keep.tolist()])


def resampled(bars, every, need):
    """Complete higher bars and when each became known, by Polars."""
    table = bars.table.with_columns(start=pl.col("open_time") // every.ms * every.ms)
    higher = table.group_by("start", maintain_order=True).agg(
        close=pl.col("close").last(), volume=pl.col("volume").sum(), count=pl.len()
    )
    return higher.filter(pl.col("count") >= need)


def held(bars, known_at, values):
    """The last value known at each bar's close; `known_at` are closes of bars that exist."""
    place = np.searchsorted(known_at, bars.close_time, side="right") - 1
    return np.where(place >= 0, np.asarray(values)[np.maximum(place, 0)], np.nan)


@pytest.mark.parametrize(("every", "column", "need"), [(Timeframe.H4, "h4_return", 4), (Timeframe.D1, "d1_return", 22)])
def test_higher_bars_are_known_only_once_they_have_closed(walk, every, column, need):
    bars = walk(2_000)
    got = compute_features(bars, CLOCKS).column(column)
    higher = resampled(bars, every, need)
    values = higher["close"].to_numpy() / higher["close"].shift(1).to_numpy() - 1
    np.testing.assert_allclose(got, held(bars, higher["start"].to_numpy() + every.ms, values), rtol=1e-12)


def test_higher_bars_equal_the_same_step_on_resampled_bars(walk, frame):
    bars = walk(4_000)
    got = compute_features(bars, CLOCKS)
    higher = resampled(bars, Timeframe.H4, 4)
    columns = {name: higher["close"].to_numpy() for name in ("open", "high", "low", "close")}
    four = frame({**columns, "volume": higher["volume"].to_numpy()}, timeframe=Timeframe.H4)
    direct = compute_features(four, FeatureSet("direct", ("rsi_14", "volume_ratio")))
    known = higher["start"].to_numpy() + Timeframe.H4.ms
    for theirs, ours in (("rsi_14", "h4_rsi_14"), ("volume_ratio", "h4_volume_ratio")):
        np.testing.assert_allclose(got.column(ours), held(bars, known, direct.column(theirs)), rtol=1e-12)


def test_a_higher_bar_without_its_last_bar_closes_with_the_first_one_after(walk):
    bars = walk(48 + 96)
    day = compute_features(bars, CLOCKS).column("d1_return")
    lacking = without(bars, 71)  # the last hour of the third day; 23 of 24 are enough
    got = compute_features(lacking, CLOCKS).column("d1_return")
    close = bars.column("close")
    assert got[70] == day[70]
    np.testing.assert_allclose(got[71], close[70] / close[47] - 1, rtol=1e-12)


def test_a_higher_bar_with_too_few_bars_is_dropped(walk):
    bars = walk(48 + 96)
    lacking = without(bars, [50, 55, 60])  # 21 of 24 hours
    got = compute_features(lacking, CLOCKS).column("d1_return")
    close = bars.column("close")
    fourth = np.flatnonzero(lacking.close_time == bars.close_time[95])[0]
    assert got[fourth - 1] == got[47]
    np.testing.assert_allclose(got[fourth], close[95] / close[47] - 1, rtol=1e-12)


def test_a_clock_of_the_bars_own_timeframe_is_the_plain_column_and_a_finer_one_is_unknown(walk):
    bars = walk(500, timeframe=Timeframe.H4)
    frame = compute_features(bars, FeatureSet("own", ("h4_return", "return_1", "h1_return", "h4_rsi_14", "rsi_14")))
    assert np.array_equal(frame.column("h4_return"), frame.column("return_1"), equal_nan=True)
    assert np.array_equal(frame.column("h4_rsi_14"), frame.column("rsi_14"), equal_nan=True)
    assert np.isnan(frame.column("h1_return")).all()


@pytest.mark.parametrize(
    ("timeframe", "lacks"),
    [
        (Timeframe.M1, ()),
        (Timeframe.H1, ()),
        (Timeframe.H4, ()),
        (Timeframe.H6, ("h4_return", "h4_rsi_14", "h4_volume_ratio")),
        (Timeframe.H12, ("h4_return", "h4_rsi_14", "h4_volume_ratio")),
        (Timeframe.D1, ("h4_return", "h4_rsi_14", "h4_volume_ratio")),
        (Timeframe.W1, ("h4_return", "h4_rsi_14", "h4_volume_ratio", "d1_return", "d1_volume_ratio")),
    ],
)
def test_a_set_for_a_timeframe_is_without_what_its_bars_cannot_give(timeframe, lacks):
    whole, usable = feature_set("core"), feature_set("core", timeframe)
    assert tuple(column for column in whole.columns if column not in usable.columns) == lacks
    assert usable.columns == tuple(column for column in whole.columns if column not in lacks)
    assert (usable.name, usable.max_gap) == (whole.name, whole.max_gap)
    assert (usable.hash == whole.hash) == (not lacks)
    assert usable.for_timeframe(timeframe) is usable


@pytest.mark.parametrize("timeframe", [Timeframe.H6, Timeframe.D1])
def test_a_set_for_a_timeframe_lacks_nothing_that_has_a_value(walk, timeframe):
    clocks = FeatureSet("clocks", tuple(name for name, spec in features if spec.every is not None))
    frame = compute_features(walk(500, timeframe=timeframe), clocks)
    empty = [name for name in clocks.columns if np.isnan(frame.column(name)).all()]
    assert empty
    assert empty == [name for name in clocks.columns if name not in clocks.for_timeframe(timeframe).columns]


def test_what_needs_a_column_that_cannot_be_is_left_out_too(catalog):
    @feature(inputs=("h4_return",), outputs=("steep",), unit="ratio")
    def steep(s, b, n, h4_return):
        """Four hours' return, doubled.

        Reference: made up.
        """
        return 2.0 * h4_return

    chosen = FeatureSet("chain", ("return_1", "steep"))
    assert chosen.for_timeframe(Timeframe.H1) is chosen
    assert chosen.for_timeframe(Timeframe.D1).columns == ("return_1",)


def test_a_clock_counts_gaps_in_its_own_bars(walk):
    """Thirty missing hours restart hourly features, not those on days; thirty missing days restart both."""
    bars = walk(24 * 120)
    hours = without(bars, np.arange(24 * 60 + 2, 24 * 60 + 32))
    columns = FeatureSet("both", ("rsi_14", "d1_return"))
    got = compute_features(hours, columns)
    place = 24 * 60 + 2
    assert np.isnan(got.column("rsi_14")[place : place + 14]).all()
    assert not np.isnan(got.column("d1_return")[place:]).any()
    days = without(bars, np.arange(24 * 60, 24 * 90))
    got = compute_features(days, columns).column("d1_return")
    assert not np.isnan(got[24 * 60 - 1])
    assert np.isnan(got[24 * 60 : 24 * 62 - 1]).all()
    assert not np.isnan(got[24 * 62 - 1 :]).any()


@pytest.mark.parametrize(("missing", "restarts"), [(24, False), (25, True)])
def test_the_state_restarts_after_more_than_max_gap_missing_bars(walk, missing, restarts):
    bars = walk(300)
    got = compute_features(without(bars, np.arange(100, 100 + missing)), ["rsi_14"]).column("rsi_14")
    assert np.isnan(got[100]) == restarts


def test_max_gap_belongs_to_the_set(walk):
    bars = without(walk(300), np.arange(100, 105))
    columns = ("rsi_14", "kama_30")
    patient, strict = FeatureSet("patient", columns), FeatureSet("strict", columns, max_gap=3)
    assert patient.hash != strict.hash
    assert not np.isnan(compute_features(bars, patient).values[100:]).any()
    assert np.isnan(compute_features(bars, strict).values[100]).all()


def test_weeks_begin_on_monday(walk):
    bars = walk(70, timeframe=Timeframe.D1)

    def weekly_close(s, b, n, close):
        """Close of the week.

        Reference: test.
        """
        return close

    things = dict(features._things)
    try:
        feature(inputs=("close",), outputs=("close_of",), variants=({"every": "1w"},), unit="price")(weekly_close)
        got = compute_features(bars, FeatureSet("weeks", ("w1_close_of",))).column("w1_close_of")
    finally:
        features._things.clear()
        features._things.update(things)
    close = bars.column("close")
    assert np.isnan(got[:6]).all()
    assert got[6] == close[6]  # the first Sunday
    assert got[12] == close[6]
    assert got[13] == close[13]


def test_features_of_a_clock_build_on_features_of_the_same_clock(walk, catalog):
    @feature(
        inputs=("rsi_14",),
        outputs=("rsi_change",),
        variants=({}, {"every": "4h"}),
        history={"rsi_14": 2},
        warmup=2,
        memory=2,
        unit="points",
    )
    def rsi_change(s, b, n, rsi):
        """Change of the index.

        Reference: test.
        """
        return s[rsi] - s[rsi - 1]

    bars = walk(1_000)
    frame = compute_features(bars, FeatureSet("chain", ("h4_rsi_change", "h4_rsi_14")))
    rsi, change = frame.column("h4_rsi_14"), frame.column("h4_rsi_change")
    closes = np.arange(3, 1_000, 4)
    expected = np.concatenate([[np.nan], np.diff(rsi[closes])])
    np.testing.assert_allclose(change[closes], expected, rtol=1e-12)
