"""The adaptive level keeps its promise on any data, and a fixed one does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.models.adaptive import AdaptiveLevel, adaptive_thresholds
from alphaplus.models.conformal import conformal_of

HOUR = 3_600_000


def bound(first, step, count):
    """Gibbs and Candes 2021, proposition 4.1."""
    return (max(first, 1 - first) + step) / (step * count)


@given(
    st.floats(0.01, 0.5),
    st.sampled_from([0.005, 0.01, 0.05]),
    st.floats(0.0, 1.0),
    st.integers(1, 400),
    st.integers(0, 10**6),
    st.sampled_from(["random", "always", "never", "against", "with"]),
)
@settings(max_examples=150, deadline=None)
def test_the_bound_holds_for_any_data(target, step, first, count, seed, enemy):
    """The data may even be chosen against the level: a set of everything never misses, one of nothing always does."""
    rng = np.random.default_rng(seed)
    level, misses = AdaptiveLevel(first, target, step), []
    for _ in range(count):
        wish = {
            "random": rng.random() < 0.5,
            "always": True,
            "never": False,
            "against": level.alpha < target,
            "with": level.alpha > target,
        }[enemy]
        missed = level.alpha >= 1.0 or (level.alpha > 0.0 and wish)
        misses.append(missed)
        level = level.after(missed)
        assert -step <= level.alpha <= 1.0 + step
    assert abs(np.mean(misses) - target) <= bound(first, step, count) + 1e-9


@given(st.integers(20, 400), st.integers(0, 1000), st.sampled_from([0.0, 0.02, -5.0]))
@settings(max_examples=60, deadline=None)
def test_the_bound_holds_for_a_stream_of_scores(count, seed, drift):
    rng = np.random.default_rng(seed)
    conformal = conformal_of(rng.random(300))
    scores = rng.random(count) + drift * np.arange(count)
    times = np.arange(count) * HOUR
    limits = adaptive_thresholds(scores, conformal, as_of=times, span_end=times + HOUR, target=0.1)
    assert abs(np.mean(scores > limits) - 0.1) <= bound(0.1, 0.01, count) + 1e-9


def test_after_a_drift_the_fixed_level_fails_and_the_adaptive_one_does_not():
    rng = np.random.default_rng(0)
    conformal = conformal_of(rng.random(1000))
    scores = np.concatenate([rng.random(3000), 1.3 * rng.random(3000)])
    times = np.arange(6000) * HOUR
    limits = adaptive_thresholds(scores, conformal, as_of=times, span_end=times + HOUR, target=0.1)
    later = slice(3500, None)
    assert np.mean(scores[later] > conformal.threshold(0.1)) > 0.25
    assert np.mean(scores[later] > limits[later]) == pytest.approx(0.1, abs=0.015)


def test_an_answer_moves_the_level_when_it_is_known_and_not_before():
    conformal = conformal_of((np.arange(100) + 1) / 100)
    as_of = np.arange(6) * HOUR
    span_end = as_of + np.array([3, 1, 9, 9, 9, 9]) * HOUR
    scores = np.array([2.0, 0.0, 2.0, 2.0, 2.0, 2.0])
    limits = adaptive_thresholds(scores, conformal, as_of=as_of, span_end=span_end, target=0.1, step=0.05)
    levels = [0.1, 0.1, 0.105, 0.06, 0.06, 0.06]  # row 1 (held) is known at bar 2, row 0 (missed) at bar 3
    assert limits.tolist() == [conformal.threshold(level) for level in levels]


def test_rows_of_one_time_share_a_level():
    conformal = conformal_of(np.random.default_rng(0).random(500))
    as_of = np.repeat(np.arange(50), 3) * HOUR
    scores = np.random.default_rng(1).random(150)
    limits = adaptive_thresholds(scores, conformal, as_of=as_of, span_end=as_of + HOUR, target=0.1)
    assert (np.ptp(limits.reshape(50, 3), axis=1) == 0.0).all()
    assert np.ptp(limits) > 0.0
