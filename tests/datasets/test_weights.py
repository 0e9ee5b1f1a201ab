"""Uniqueness of overlapping labels."""

import numpy as np
import pytest

from alphaplus.datasets.weights import effective_samples, uniqueness


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
