"""The engine: what it refuses, what forming bars leave behind, what a snapshot carries."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import ArtifactCorrupt, BadBars, ColumnsMismatch, ConfigError, UnknownName
from alphaplus.features.compute import compute_features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet

SMALL = FeatureSet("small", ("return_1", "rsi_14", "parabolic_sar", "ema_20"))
OTHER = FeatureSet("small", ("return_1", "rsi_7", "parabolic_sar", "ema_20"))


@pytest.fixture
def engine(walk):
    bars = walk(10)
    return FeatureEngine(SMALL, bars.instrument, bars.timeframe)


def rows_of(engine, bars):
    return bars.matrix(engine.inputs)


def test_inputs_begin_with_the_time_and_columns_are_those_of_the_set(engine):
    assert engine.inputs == ("open_time", "open", "high", "low", "close", "volume")
    assert engine.columns == SMALL.columns
    assert engine.origin is None
    assert engine.last_time is None


def test_a_frame_carries_names_times_and_values(walk):
    bars = walk(100)
    frame = compute_features(bars, SMALL)
    assert frame.values.shape == (100, 4)
    assert frame.values.dtype == np.float64
    assert frame.to_polars().columns == ["open_time", *SMALL.columns]
    assert list(frame.to_pandas().columns) == list(SMALL.columns)
    assert np.array_equal(frame.close_time, bars.close_time)
    with pytest.raises(UnknownName, match="rsi_14"):
        frame.column("rsi_15")


def test_push_returns_a_row_of_its_own(engine, walk):
    rows = rows_of(engine, walk(30))
    first = engine.push(rows[0])
    kept = first.copy()
    for row in rows[1:]:
        engine.push(row)
    assert np.array_equal(first, kept, equal_nan=True)


@pytest.mark.parametrize("forming", [True, False])
def test_a_bar_that_was_taken_in_already_is_refused(engine, walk, forming):
    rows = rows_of(engine, walk(5))
    for row in rows:
        engine.push(row)
    before = engine.snapshot()
    with pytest.raises(BadBars, match="taken in already"):
        engine.push(rows[-1], forming=forming)
    with pytest.raises(BadBars, match="comes after"):
        engine.push(rows[1], forming=forming)
    assert engine.snapshot() == before


def test_bars_that_overlap_what_was_seen_are_refused_whole(engine, walk):
    bars = walk(50)
    engine.advance(bars.rows(0, 30))
    before = engine.snapshot()
    with pytest.raises(BadBars, match="taken in already"):
        engine.advance(bars.rows(29, 50))
    with pytest.raises(BadBars, match="comes after"):
        engine.advance(bars.rows(10, 20))
    with pytest.raises(BadBars, match="comes after"):
        engine.peek(bars.rows(10, 20))
    assert engine.snapshot() == before


def test_bars_of_another_instrument_or_timeframe_are_refused(engine, walk):
    with pytest.raises(BadBars, match="bars of ELSE reached the engine of WALK"):
        engine.advance(walk(5, symbol="ELSE"))
    with pytest.raises(BadBars, match="bars of 4h reached an engine for 1h"):
        engine.advance(walk(5, timeframe=Timeframe.H4))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("close", np.nan),
        ("high", np.inf),
        ("low", 0.0),
        ("low", -1.0),
        ("high", 1.0),
        ("volume", -1.0),
        ("volume", np.nan),
        ("open", 1e9),
    ],
)
def test_impossible_values_are_refused_before_anything_changes(engine, walk, column, value):
    rows = rows_of(engine, walk(10))
    engine.compute(rows[:5])
    before = engine.snapshot()
    rows[7, engine.inputs.index(column)] = value
    with pytest.raises(BadBars, match="impossible values"):
        engine.compute(rows[5:])
    with pytest.raises(BadBars, match="impossible values"):
        engine.push(rows[7])
    assert engine.snapshot() == before


@pytest.mark.parametrize("shift", [1, 1_000, -60_000])
def test_times_off_the_grid_are_refused(engine, walk, shift):
    rows = rows_of(engine, walk(3))
    rows[:, 0] += shift
    with pytest.raises(BadBars, match="off the 1h grid"):
        engine.push(rows[0])


@pytest.mark.parametrize("time", [np.nan, np.inf, 1e18])
def test_times_that_are_none_are_refused(engine, walk, time):
    rows = rows_of(engine, walk(1))
    rows[0, 0] = time
    with pytest.raises(BadBars, match="no time"):
        engine.push(rows[0])


@pytest.mark.parametrize("name", ["every_feature", "every_pattern"])
def test_forming_bars_leave_no_trace(walk, request, compiled, name):
    bars, wanted = walk(400), request.getfixturevalue(name)
    calm, nervous = (FeatureEngine(wanted, bars.instrument, bars.timeframe, cache_folder=compiled) for _ in range(2))
    rows = rows_of(calm, bars)
    for row in rows:
        early = row.copy()
        early[4] = row[2]
        first = nervous.push(early, forming=True)
        again = nervous.push(early, forming=True)
        assert np.array_equal(first, again, equal_nan=True)
        assert np.array_equal(nervous.push(row), calm.push(row), equal_nan=True)
    assert nervous.snapshot() == calm.snapshot()


@pytest.mark.parametrize("name", ["every_feature", "every_pattern"])
def test_peek_gives_what_advance_would(walk, request, compiled, name):
    bars = walk(300)
    engine = FeatureEngine(request.getfixturevalue(name), bars.instrument, bars.timeframe, cache_folder=compiled)
    engine.advance(bars.rows(0, 250))
    before = engine.snapshot()
    peeked = engine.peek(bars.rows(250, 300))
    assert engine.snapshot() == before
    assert np.array_equal(peeked.values, engine.advance(bars.rows(250, 300)).values, equal_nan=True)


def test_no_bars_give_no_rows_and_change_nothing(engine, walk):
    engine.advance(walk(20))
    before = engine.snapshot()
    assert engine.advance(BarFrame.empty(Instrument("WALK"), Timeframe.H1)).values.shape == (0, 4)
    assert engine.snapshot() == before


def test_a_snapshot_carries_origin_and_last_bar(engine, walk):
    bars = walk(40)
    engine.advance(bars)
    twin = FeatureEngine(SMALL, bars.instrument, bars.timeframe)
    twin.restore(engine.snapshot())
    assert twin.origin == bars.open_time[0]
    assert twin.last_time == bars.open_time[-1]
    assert twin.seen == 40
    with pytest.raises(BadBars, match="taken in already"):
        twin.push(rows_of(twin, bars)[-1])


def test_a_snapshot_of_something_else_is_refused(engine, walk):
    bars = walk(40)
    engine.advance(bars)
    snapshot = engine.snapshot()
    strangers = {
        "set": FeatureEngine(OTHER, bars.instrument, bars.timeframe),
        "instrument": FeatureEngine(SMALL, Instrument("ELSE"), bars.timeframe),
        "tick_size": FeatureEngine(SMALL, replace(bars.instrument, tick_size=0.01), bars.timeframe),
        "code": FeatureEngine(SMALL, bars.instrument, Timeframe.H4),
    }
    for what, stranger in strangers.items():
        before = stranger.snapshot()
        with pytest.raises(ColumnsMismatch, match=f"another {what}"):
            stranger.restore(snapshot)
        assert stranger.snapshot() == before


def test_a_damaged_snapshot_is_refused(engine, walk):
    engine.advance(walk(40))
    snapshot = engine.snapshot()
    flipped = bytearray(snapshot)
    flipped[-9] ^= 1
    for damaged in (b"", b"nonsense", snapshot[:-8], snapshot + b"12345678", bytes(flipped), snapshot[5:]):
        with pytest.raises(ArtifactCorrupt):
            engine.restore(damaged)
    assert engine.snapshot() == snapshot


def test_missing_side_columns_give_missing_values_and_no_error(walk, compute_every):
    frame = compute_every(walk(50))
    assert np.isnan(frame.column("order_book_imbalance")).all()
    assert np.isnan(frame.column("spread_ratio_20")).all()
    assert (frame.column("volume_delta_from_trades")[1:] == 0).all()


def test_a_window_over_a_sparse_column_needs_all_its_values(walk, compute_every):
    bars = walk(200)
    spread = np.random.default_rng(2).exponential(2, 200)
    spread[[50, 60]] = np.nan
    bars = BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(spread_bps=spread))
    got = compute_every(bars).column("spread_ratio_20")
    expected = pl.Series(spread).fill_nan(None).rolling_mean(20, min_samples=20).fill_null(np.nan).to_numpy()
    np.testing.assert_allclose(got, spread / expected, rtol=1e-12)
    assert np.flatnonzero(~np.isnan(got))[0] == 19
    assert np.isnan(got[50:80]).all()
    assert not np.isnan(got[80:]).any()


@pytest.mark.slow
def test_all_columns_in_one_set_are_those_of_features_and_patterns_apart(walk, every_feature, every_pattern, compiled):
    bars = walk(2_000)
    whole = compute_features(bars, "all", cache_folder=compiled)
    for part in (every_feature, every_pattern):
        apart = compute_features(bars, part, cache_folder=compiled)
        for column in set(part.columns) & set(whole.columns):
            assert np.array_equal(whole.column(column), apart.column(column), equal_nan=True), column
    assert set(whole.columns) <= {*every_feature.columns, *every_pattern.columns}


def test_an_empty_set_or_a_set_that_names_a_column_twice_is_refused(walk):
    bars = walk(5)
    with pytest.raises(ConfigError, match="no columns"):
        compute_features(bars, FeatureSet("empty", ()))
    with pytest.raises(ConfigError, match="twice"):
        FeatureSet("double", ("rsi_14", "rsi_14"))
    with pytest.raises(UnknownName, match="rsi_14"):
        FeatureSet("typo", ("rsi_41",))
    with pytest.raises(UnknownName, match="core"):
        compute_features(bars, "cor")


def test_engines_of_several_instruments_run_on_threads_with_the_same_results(walk, compute_every):
    from alphaplus.core.parallel import Backend, parallel_map

    def compute(bars):
        return compute_every(bars).values

    many = [walk(5_000, seed=seed) for seed in range(4)]
    alone = [compute(bars) for bars in many]
    together = parallel_map(compute, many, backend=Backend.THREADS, workers=2)
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other, equal_nan=True)
