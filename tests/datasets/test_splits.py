"""Splits in time: what is trained on was known before what is tested."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import DAY_MS, Timeframe
from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.splits import PurgedKFold, WalkForward, holdout, split_calibration

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


def test_wrong_settings():
    with pytest.raises(ConfigError):
        WalkForward(0, 10)
    with pytest.raises(ConfigError):
        WalkForward(10, 10, max_folds=0)
