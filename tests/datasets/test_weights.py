"""Uniqueness of overlapping labels, and what else rows are weighed by."""

from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.errors import ConfigError
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.labelling import LabelSpec, make_labels
from alphaplus.datasets.splits import WalkForward
from alphaplus.datasets.weights import Weighting, effective_samples, uniqueness

DAY = 86_400_000


@pytest.mark.parametrize("horizon", [1, 2, 5, 24])
def test_labels_at_every_bar_have_uniqueness_one_over_horizon_inside(horizon):
    start = np.arange(200, dtype=np.int64)
    owned = uniqueness(start, start + horizon)
    assert owned[horizon:-horizon] == pytest.approx(1.0 / horizon, rel=1e-12)
    assert (owned[0] > 1.0 / horizon) == (horizon > 1)  # fewer labels are alive at the ends
    assert effective_samples(start, start + horizon) == pytest.approx(owned.sum())


def test_uniqueness_by_hand():
    owned = uniqueness(np.array([0, 1, 10]), np.array([4, 3, 12]))
    assert owned == pytest.approx([(1 + 0.5 + 0.5 + 1) / 4, 0.5, 1.0])


def test_labels_of_different_instruments_do_not_overlap():
    start, end = np.array([0, 0, 1, 1]), np.array([2, 2, 3, 3])
    together = uniqueness(start, end)
    apart = uniqueness(start, end, instrument_id=np.array([0, 1, 0, 1], dtype=np.int32))
    assert apart == pytest.approx([0.75] * 4)
    assert together == pytest.approx([0.375] * 4)


@pytest.mark.parametrize("copies", [2, 4, 10])
def test_copies_of_a_symbol_are_worth_one_of_them(copies):
    start = np.arange(500, dtype=np.int64)
    alone = effective_samples(start, start + 24)
    ids = np.repeat(np.arange(copies, dtype=np.int32), len(start))
    panel = effective_samples(np.tile(start, copies), np.tile(start + 24, copies), instrument_id=ids)
    assert panel == pytest.approx(alone, rel=1e-12)


def test_only_time_adds_evidence_across_symbols():
    start = np.arange(100, dtype=np.int64)
    ids = np.repeat(np.array([0, 1], dtype=np.int32), 100)
    one = effective_samples(start, start + 5)
    apart = effective_samples(np.append(start, start + 105), np.append(start + 5, start + 110), instrument_id=ids)
    half = effective_samples(np.append(start, start + 50), np.append(start + 5, start + 55), instrument_id=ids)
    assert apart == pytest.approx(2 * one)  # one after the other
    assert half == pytest.approx((150 + 4) / 5)  # the time that they cover together


def test_a_symbol_with_long_spans_takes_nothing_from_the_others():
    start = np.arange(100, dtype=np.int64)
    ids = np.repeat(np.array([0, 1], dtype=np.int32), 100)
    both = effective_samples(np.tile(start, 2), np.append(start + 1, start + 24), instrument_id=ids)
    assert both == effective_samples(start, start + 1) == 100.0


def test_agrees_with_counting_bars():
    rng = np.random.default_rng(3)
    start = np.sort(rng.integers(0, 60, 40))
    end = start + rng.integers(1, 15, 40)
    alive = np.array([np.count_nonzero((start < bar) & (bar <= end)) for bar in range(1, 80)])
    expected = [np.mean([1.0 / alive[bar - 1] for bar in range(s + 1, e + 1)]) for s, e in zip(start, end, strict=True)]
    order = rng.permutation(40)
    assert uniqueness(start, end) == pytest.approx(expected, rel=1e-12)
    assert uniqueness(start[order], end[order]) == pytest.approx(np.array(expected)[order], rel=1e-12)


def test_no_labels():
    nothing = np.empty(0, dtype=np.int64)
    assert effective_samples(nothing, nothing) == 0.0


def apart(make_rows, outcome, *, days, weighting):
    """A dataset of labels that do not overlap, so many days after each other, with the direction of their outcome."""
    as_of = DAY * np.cumsum(days)
    rows = make_rows(as_of, as_of + 1)
    outcome = np.asarray(outcome, dtype=float)
    return replace(rows, outcome=outcome, y=np.sign(outcome), weighting=weighting)


def test_decay_by_hand(make_rows):
    """With a half-life of two days rows 0, 2, 6 and 8 days old count 1, 1/2, 1/8 and 1/16; the mean is 27/64."""
    rows = apart(make_rows, [1, 1, -1, 1], days=[0, 2, 4, 2], weighting=Weighting(half_life_days=2.0))
    assert rows.weight == pytest.approx(np.array([4, 8, 32, 64]) / 27, rel=1e-12)
    assert rows.rows(slice(0, 2)).weight == pytest.approx([2 / 3, 4 / 3], rel=1e-12)  # from the newest of these


def test_classes_weigh_the_same_by_hand(make_rows):
    rows = apart(make_rows, [1, 1, 1, -1], days=[1, 1, 1, 1], weighting=Weighting(balance_classes=True))
    assert rows.weight == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0], rel=1e-12)
    assert rows.class_shares == pytest.approx([0.25, 0.75])
    decayed = replace(rows, weighting=Weighting(balance_classes=True, half_life_days=1.0))
    assert decayed.weight == pytest.approx(np.array([1, 2, 4, 7]) * 2 / 7, rel=1e-12)  # the ups count 1/8, 1/4, 1/2
    assert decayed.class_shares == pytest.approx([8 / 15, 7 / 15])


def test_a_class_that_does_not_occur_takes_nothing(make_rows):
    label = LabelSpec("signal_direction", 1, {"threshold": 0.25})
    rows = apart(make_rows, [1, 1, -1], days=[1, 1, 1], weighting=Weighting(balance_classes=True))
    assert replace(rows, label=label).weight == pytest.approx([0.75, 0.75, 1.5], rel=1e-12)


def test_returns_by_hand(make_rows):
    outcome = np.expm1([0.01, -0.03, 0.0])
    rows = apart(make_rows, outcome, days=[1, 1, 1], weighting=Weighting(by_return=True))
    assert rows.weight == pytest.approx([0.75, 2.25, 0.0], rel=1e-12)
    nothing = replace(rows, outcome=np.zeros(3))
    assert nothing.weight == pytest.approx([1.0, 1.0, 1.0])


def test_claimed_returns_are_those_of_the_bars(bars_of):
    """|sum of r_t/c_t| bar by bar, on bars that open at the close before; away from the ends it is exact."""
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(0).normal(0.0, 0.01, 300)))
    open_ = np.append(100.0, close[:-1])
    found = make_labels(
        bars_of(np.column_stack([open_, np.maximum(open_, close), np.minimum(open_, close), close])),
        "target_return",
        horizon=8,
    )
    start, end = np.flatnonzero(found.valid), found.span_end[found.valid]
    alive = np.array([np.count_nonzero((start < bar) & (bar <= end)) for bar in range(300)])
    moves = np.log(close / open_)
    owned = uniqueness(start, end)
    claimed = [owned[i] * abs(sum(moves[t] / alive[t] for t in range(start[i] + 1, end[i] + 1))) for i in start]
    weight = Weighting(by_return=True).weights(
        owned, y=found.y[start], outcome=found.outcome[start], as_of=start, classes=()
    )
    inside = slice(8, -8)
    assert weight[inside] / weight[inside].mean() == pytest.approx(
        np.array(claimed)[inside] / np.mean(claimed[inside]), rel=1e-9
    )


def test_weights_of_a_training_part_know_nothing_of_the_test_block(make_rows):
    hours = 3_600_000 * np.arange(24 * 60, dtype=np.int64)
    whole = make_rows(hours, hours + 24 * 3_600_000)
    weighting = Weighting(by_return=True, half_life_days=20.0, balance_classes=True)
    rows = replace(whole, weighting=weighting)
    fold = WalkForward(train_days=30, test_days=10).split(rows)[0]
    poisoned = replace(rows, outcome=rows.outcome.copy(), y=rows.y.copy())
    poisoned.outcome[fold.test] *= 1000.0
    poisoned.y[fold.test] *= -1.0
    assert np.array_equal(poisoned.rows(fold.train).weight, rows.rows(fold.train).weight)
    newest = rows.rows(fold.train)
    alone = Weighting(half_life_days=20.0)
    unique = replace(newest, weighting=Weighting()).weight
    ratio = replace(newest, weighting=alone).weight / unique
    assert ratio[-1] / ratio[newest.as_of <= newest.as_of[-1] - 20 * DAY][-1] == pytest.approx(2.0, rel=1e-9)


def test_weighting_is_part_of_what_a_dataset_is(make_bars):
    bars = make_bars(400)
    plain = make_dataset(bars, "lean", horizon=4)
    assert make_dataset(bars, "lean", horizon=4, weighting=Weighting()).hash == plain.hash
    halved = make_dataset(bars, "lean", horizon=4, weighting=Weighting(half_life_days=90.0))
    assert halved.hash != plain.hash
    assert halved.report()["weighting"] == {"by_return": False, "half_life_days": 90.0, "balance_classes": False}
    assert halved.n_eff == plain.n_eff


def test_weightings_that_mean_nothing_are_refused(make_bars):
    for days in (0.0, -1.0, np.nan):
        with pytest.raises(ConfigError, match="half-life"):
            Weighting(half_life_days=days)
    with pytest.raises(ConfigError, match="no classes to balance"):
        make_dataset(make_bars(300), "lean", label="target_return", weighting=Weighting(balance_classes=True))
