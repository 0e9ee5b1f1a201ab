"""Splits in time: what is trained on was known before what is tested."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import DAY_MS, Timeframe
from alphaplus.core.errors import ConfigError, NotEnoughSamples, UnknownName
from alphaplus.datasets.splits import (
    SPLITS,
    CombinatorialPurged,
    PurgedKFold,
    WalkForward,
    holdout,
    split_calibration,
    splits_named,
)
from alphaplus.datasets.splits import (
    fold as folding,
)

HOUR = Timeframe.H1.ms
START = 1_600_000_000_000 // HOUR * HOUR


def hourly(make_rows, n, *, horizon=1, symbols=1):
    as_of = np.repeat(START + np.arange(n) * HOUR, symbols)
    ids = np.tile(np.arange(symbols), n)
    return make_rows(as_of, as_of + horizon * HOUR, instrument_id=ids, horizon=horizon)


def touches(dataset, fold):
    """Training rows whose [t0, t1] meets [min t0, max t1] of the test."""
    first, last = dataset.as_of[fold.test].min(), dataset.span_end[fold.test].max()
    return (dataset.span_end[fold.train] >= first) & (dataset.as_of[fold.train] <= last)


@st.composite
def panels(draw):
    """Irregular rows of one to three symbols with their own label lives, and the split settings to try on them."""
    seed = draw(st.integers(0, 10_000))
    symbols = draw(st.integers(1, 3))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(900, 1200))
    life = draw(st.integers(1, 48))
    as_of, ids = [], []
    for symbol in range(symbols):
        keep = rng.random(n) < draw(st.sampled_from([0.6, 1.0]))
        as_of.append(START + np.flatnonzero(keep) * HOUR)
        ids.append(np.full(keep.sum(), symbol))
    times, ids = np.concatenate(as_of), np.concatenate(ids)
    order = np.lexsort((ids, times))
    times, ids = times[order], ids[order]
    ends = times + rng.integers(1, life + 1, len(times)) * HOUR
    return times, ends, ids, life


def build(make_rows, panel):
    times, ends, ids, life = panel
    return make_rows(times, ends, instrument_id=ids, horizon=life)


@given(panels(), st.booleans(), st.sampled_from([0, 3]), st.sampled_from([None, 7]))
@settings(max_examples=60, deadline=None)
def test_no_training_span_touches_its_test_block(make_rows, panel, expanding, embargo, max_folds):
    dataset = build(make_rows, panel)
    splits = WalkForward(12, 1, expanding=expanding, embargo_bars=embargo, max_folds=max_folds)
    folds = splits.split(dataset)
    for fold in folds:
        assert not touches(dataset, fold).any()
        first = dataset.as_of[fold.test].min()
        assert (dataset.span_end[fold.train] < first - embargo * HOUR).all()
        assert len(fold.train) >= 100
    tested = np.concatenate([fold.test for fold in folds])
    assert len(np.unique(tested)) == len(tested)
    assert np.array_equal(np.sort(tested), np.arange(tested.min(), len(dataset)))  # nothing later is left untested


@given(panels(), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_no_training_span_touches_its_block_of_a_purged_k_fold(make_rows, panel, count):
    dataset = build(make_rows, panel)
    folds = PurgedKFold(count).split(dataset)
    for fold in folds:
        assert not touches(dataset, fold).any()
    assert np.array_equal(np.sort(np.concatenate([fold.test for fold in folds])), np.arange(len(dataset)))


@given(panels(), st.floats(0.1, 0.8))
@settings(max_examples=20, deadline=None)
def test_a_purged_k_fold_of_the_later_rows_learns_from_the_earlier_too(make_rows, panel, share):
    dataset = build(make_rows, panel)
    since = int(dataset.as_of[int(share * len(dataset))]) + 1
    folds = PurgedKFold(4, embargo_bars=5, tested_from=since).split(dataset)
    for fold in folds:
        expected = belongs_to_training(dataset, [fold.test], 5)
        assert np.array_equal(fold.train, np.flatnonzero(expected))
    tested = np.concatenate([fold.test for fold in folds])
    assert np.array_equal(np.sort(tested), np.flatnonzero(dataset.as_of >= since))


def test_no_rows_to_test_are_refused(make_rows):
    dataset = hourly(make_rows, 600)
    with pytest.raises(NotEnoughSamples, match="too few times for 5 blocks"):
        PurgedKFold(tested_from=int(dataset.as_of[-1]) + 1).split(dataset)


def belongs_to_training(dataset, tested, embargo_bars):
    """By the definition, one row at a time: no tested span is met, and no embargo after one entered."""
    blocks = [(dataset.as_of[rows].min(), dataset.span_end[rows].max()) for rows in tested]
    held = np.ones(len(dataset), dtype=bool)
    for row in range(len(dataset)):
        begin, end = dataset.as_of[row], dataset.span_end[row]
        for first, last in blocks:
            meets = end >= first and begin <= last
            embargoed = last < begin <= last + embargo_bars * HOUR
            held[row] &= not (meets or embargoed)
    return held


@given(panels(), st.sampled_from([(4, 1), (4, 2), (5, 3), (6, 2)]), st.sampled_from([0, 5, None]))
@settings(max_examples=25, deadline=None)
def test_combinatorial_training_lacks_what_meets_a_block_and_nothing_else(make_rows, panel, shape, embargo):
    dataset = build(make_rows, panel)
    blocks, tested = shape
    times = dataset.as_of[[len(dataset) * number // blocks for number in range(blocks)]]
    group = np.searchsorted(times, dataset.as_of, side="right") - 1
    bars = (dataset.as_of[-1] - dataset.as_of[0]) // HOUR + 1
    bars_left_out = max(panel[3], -(-bars // 100)) if embargo is None else embargo
    folds = CombinatorialPurged(blocks, tested, embargo_bars=embargo).split(dataset)
    assert len(folds) == comb(blocks, tested)
    for fold, chosen in zip(folds, combinations(range(blocks), tested), strict=True):
        assert np.array_equal(fold.test, np.flatnonzero(np.isin(group, chosen)))
        expected = belongs_to_training(dataset, [np.flatnonzero(group == one) for one in chosen], bars_left_out)
        assert np.array_equal(fold.train, np.flatnonzero(expected))
        assert (fold.start, fold.end > dataset.as_of[fold.test].max()) == (dataset.as_of[fold.test].min(), True)


def test_combinatorial_folds_of_the_reference_implementation(make_rows, monkeypatch):
    """Measured with skfolio: CombinatorialPurgedCV, 6 folds, 2 test folds, purged_size 3, embargo_size 2, 120 rows."""
    monkeypatch.setattr(folding, "LEAST_ROWS", 120)
    monkeypatch.setattr(folding, "LEAST_TRAIN_ROWS", 1)
    dataset = hourly(make_rows, 120, horizon=3)
    folds = CombinatorialPurged(6, 2, embargo_bars=2).split(dataset)
    assert len(folds) == 15
    tested = [0, 5]  # rows 0 to 19 and 100 to 119
    (fold,) = [one for one in folds if set(one.test // 20) == set(tested)]
    assert np.array_equal(fold.test, np.r_[0:20, 100:120])
    missing = np.setdiff1d(np.arange(120), np.union1d(fold.train, fold.test))
    assert np.array_equal(missing, np.r_[20:25, 97:100])
    times_tested = np.bincount(np.concatenate([one.test for one in folds]), minlength=120)
    assert (times_tested == 5).all()  # five paths


def test_one_tested_block_is_a_purged_k_fold(make_rows):
    dataset = hourly(make_rows, 900, horizon=5)
    pairs = zip(CombinatorialPurged(5, 1).split(dataset), PurgedKFold(5).split(dataset), strict=True)
    for one, other in pairs:
        assert np.array_equal(one.train, other.train)
        assert np.array_equal(one.test, other.test)


@given(panels(), st.booleans(), st.sampled_from([0, 3]), st.floats(0.75, 0.98))
@settings(max_examples=40, deadline=None)
def test_later_rows_change_no_earlier_fold_of_a_walk_forward(make_rows, panel, expanding, embargo, share):
    """The last block of the shorter range is not over yet: its test may grow, its training part may not change."""
    dataset = build(make_rows, panel)
    earlier = dataset.rows(dataset.as_of < dataset.as_of[int(share * len(dataset))])
    assume(len(earlier) >= 500)
    splits = WalkForward(12, 2, expanding=expanding, embargo_bars=embargo)
    then, now = splits.split(earlier), splits.split(dataset)
    assert 6 <= len(then) <= len(now)
    for one, other in zip(then, now, strict=False):
        assert np.array_equal(one.train, other.train)
        assert one.start == other.start
    for one, other in zip(then[:-1], now, strict=False):
        assert np.array_equal(one.test, other.test)


@given(panels(), st.sampled_from([0.1, 0.2, 0.5]))
@settings(max_examples=40, deadline=None)
def test_no_training_span_touches_the_holdout_or_the_calibration_rows(make_rows, panel, share):
    dataset = build(make_rows, panel)
    fold = holdout(dataset, share)
    assert not touches(dataset, fold).any()
    assert abs(len(fold.test) / len(dataset) - share) < 0.02
    fit, calibration = split_calibration(dataset, fold.train, share)
    assert dataset.span_end[fit].max() < dataset.as_of[calibration].min()
    assert set(fit) | set(calibration) <= set(fold.train)


def test_expanding_blocks_follow_one_another(make_rows):
    dataset = hourly(make_rows, 24 * 100, horizon=24)
    folds = WalkForward(40, 10).split(dataset)
    assert len(folds) == 6
    for i, fold in enumerate(folds):
        assert fold.start == START + (40 + 10 * i) * DAY_MS
        assert fold.train[0] == 0
        assert len(fold.train) == 24 * (40 + 10 * i) - 24  # the purge takes one label life
        assert len(fold.test) == 240
    assert folds[-1].end == dataset.as_of[-1] + HOUR


def test_rolling_training_keeps_its_length(make_rows):
    dataset = hourly(make_rows, 24 * 100)
    for fold in WalkForward(40, 10, expanding=False).split(dataset):
        assert dataset.as_of[fold.train[0]] == fold.start - 40 * DAY_MS
        assert len(fold.train) == 24 * 40 - 1


def test_remainder_joins_the_last_block(make_rows):
    folds = WalkForward(40, 10).split(hourly(make_rows, 24 * 108))
    assert [len(fold.test) for fold in folds] == [240] * 5 + [240 + 8 * 24]


def test_fewer_folds_test_the_same_rows(make_rows):
    dataset = hourly(make_rows, 24 * 200)
    many, few = WalkForward(40, 10).split(dataset), WalkForward(40, 10, max_folds=8).split(dataset)
    assert (len(many), len(few)) == (16, 8)
    assert np.array_equal(np.concatenate([f.test for f in many]), np.concatenate([f.test for f in few]))


def test_short_range_trains_on_half_and_tests_on_six_blocks(make_rows):
    dataset = hourly(make_rows, 24 * 90)
    splits = WalkForward.for_timeframe(Timeframe.H1)
    assert splits.is_short(dataset)
    folds = splits.split(dataset)
    assert len(folds) == 6
    assert [len(fold.test) for fold in folds] == pytest.approx([180] * 6, abs=1)
    assert len(folds[0].train) == pytest.approx(24 * 45, abs=2)
    assert not WalkForward(30, 7).is_short(dataset)


@pytest.mark.parametrize(
    ("timeframe", "days"),
    [
        ("1m", (30, 7)),
        ("5m", (30, 7)),
        ("15m", (180, 30)),
        ("4h", (180, 30)),
        ("6h", (730, 120)),
        ("1d", (730, 120)),
    ],
)
def test_usual_lengths(timeframe, days):
    splits = WalkForward.for_timeframe(Timeframe.parse(timeframe))
    assert (splits.train_days, splits.test_days) == days


def test_too_few_rows(make_rows):
    for split in (WalkForward(10, 1).split, PurgedKFold().split, holdout):
        with pytest.raises(NotEnoughSamples, match="499"):
            split(hourly(make_rows, 499))


def test_labels_longer_than_the_history_leave_nothing_to_train_on(make_rows):
    with pytest.raises(NotEnoughSamples, match="left to train on"):
        WalkForward(10, 1).split(hourly(make_rows, 600, horizon=290))


def test_market_that_was_closed_for_a_block_skips_it(make_rows):
    as_of = START + np.concatenate([np.arange(24 * 60), np.arange(24 * 80, 24 * 140)]) * HOUR
    folds = WalkForward(40, 10).split(make_rows(as_of, as_of + HOUR))
    assert len(folds) == 8
    assert all(len(fold.test) for fold in folds)


def test_embargo_of_a_purged_k_fold_follows_the_block(make_rows):
    dataset = hourly(make_rows, 1000, horizon=3)
    fold = PurgedKFold(5, embargo_bars=2).split(dataset)[1]
    assert np.array_equal(fold.test, np.arange(200, 400))
    # rows 197 to 199 reach into the block; its last label ends at bar 402, and two bars of embargo follow
    assert np.array_equal(np.setdiff1d(np.arange(1000), fold.train), np.arange(197, 405))
    usual = PurgedKFold(5).split(dataset)[1]
    assert np.array_equal(np.setdiff1d(np.arange(1000), usual.train), np.arange(197, 413))  # 1 % of 1000 bars


@pytest.mark.parametrize("name", SPLITS)
def test_splits_have_names(make_rows, name):
    splits = splits_named(name, Timeframe.H1)
    assert splits.name == name
    assert splits.forward is (name in {"walk_forward", "rolling"})
    dataset = hourly(make_rows, 1000)
    assert splits.is_short(dataset) is splits.forward
    folds = splits.split(dataset)
    assert all(np.array_equal(one.train, again.train) for one, again in zip(folds, splits.split(dataset), strict=True))
    looks_back = all(dataset.span_end[one.train].max() < one.start for one in folds)
    assert looks_back is splits.forward


def test_an_unknown_way_to_split_is_refused_by_name():
    with pytest.raises(UnknownName, match="kfolds"):
        splits_named("kfolds", Timeframe.H1)


def test_blocks_without_a_time_of_their_own_are_refused(make_rows):
    times = START + np.repeat(np.arange(3), 300) * HOUR
    with pytest.raises(NotEnoughSamples, match="too few times"):
        PurgedKFold(5).split(make_rows(times, times + HOUR))


def test_wrong_settings():
    for blocks, tested, embargo in ((5, 0, None), (5, 5, None), (1, 1, None), (5, 2, -1)):
        with pytest.raises(ConfigError):
            CombinatorialPurged(blocks, tested, embargo_bars=embargo)
    with pytest.raises(ConfigError):
        PurgedKFold(1)
    with pytest.raises(ConfigError):
        WalkForward(0, 10)
    with pytest.raises(ConfigError):
        WalkForward(10, 10, max_folds=0)
