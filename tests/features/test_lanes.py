"""The window reductions against numpy, at every length and place, whatever lies around the window."""

import numpy as np
import pytest
from numba import njit

from alphaplus.features import state
from alphaplus.features.codehash import code_hash

WINDOWS = (2, 3, 4, 5, 8, 9, 10, 14, 16, 17, 20, 33, 50, 64, 100)


@njit(error_model="numpy")
def reduce_all(s, h, other, window, center, other_center):
    second, third, fourth = state.window_moments(s, h, window, center)
    positive, total = state.window_signed(s, h, window)
    below, equal = state.window_rank(s, h, window)
    return (
        state.window_sum(s, h, window),
        state.window_variance(s, h, window, center),
        second,
        third,
        fourth,
        state.window_distance(s, h, window, center),
        state.window_covariance(s, h, other, window, center, other_center),
        positive,
        total,
        below,
        equal,
        state.window_count_below(s, h, window, center),
        state.window_max(s, h, window),
        state.window_min(s, h, window),
        state.slope(s, h, window),
    )


def by_numpy(x, y, center, other_center):
    age = np.arange(len(x))[::-1]
    return (
        x.sum(),
        ((x - center) ** 2).mean(),
        ((x - center) ** 2).mean(),
        ((x - center) ** 3).mean(),
        ((x - center) ** 4).mean(),
        np.abs(x - center).mean(),
        ((x - center) * (y - other_center)).mean(),
        x[x > 0].sum(),
        np.abs(x).sum(),
        (x[:-1] < x[-1]).sum(),
        (x[:-1] == x[-1]).sum(),
        (x < center).sum(),
        x.max(),
        x.min(),
        np.polyfit(-age, x, 1)[0],
    )


@pytest.mark.parametrize("window", WINDOWS)
def test_reductions_agree_with_numpy(window):
    rng = np.random.default_rng(window)
    for _ in range(30):
        s = np.full(600, np.nan)  # what a reduction reads beside its window must not show
        s[: state.HEADER] = np.inf
        h = int(rng.integers(state.HEADER + window, 300))
        other = int(rng.integers(300 + window, 600))
        x, y = np.round(rng.normal(size=(2, window)), 1)
        s[h - window + 1 : h + 1], s[other - window + 1 : other + 1] = x, y
        got = reduce_all(s, h, other, window, 0.3, -0.2)
        np.testing.assert_allclose(got, by_numpy(x, y, 0.3, -0.2), rtol=1e-10, atol=1e-13)


def test_a_window_at_the_start_of_the_state_reads_nothing_before_it():
    s = np.arange(200.0)
    h = state.HEADER + 19
    assert reduce_all(s, h, h, 20, 0.0, 0.0)[0] == s[state.HEADER : h + 1].sum()


def test_the_code_of_a_reduction_is_part_of_the_hash(monkeypatch):
    from alphaplus.features import lanes

    def hashed():
        code_hash.cache_clear()
        return code_hash(state.window_sum)

    before = hashed()
    monkeypatch.setattr(lanes, "LANES", 4)
    assert hashed() != before
    monkeypatch.undo()
    assert hashed() == before
    code_hash.cache_clear()


@njit(error_model="numpy")
def exchange(s, first, window, old, new):
    state.replace_sorted(s, first, window, old, new)


@pytest.mark.parametrize("window", [1, 2, 5, 8, 9, 11, 16, 20, 50, 100])
def test_a_sorted_window_stays_sorted_and_its_neighbours_stay_as_they_are(window):
    rng = np.random.default_rng(window)
    for _ in range(200):
        s = rng.normal(size=200)
        first = int(rng.integers(0, 200 - window - state.FOOTER))
        values = np.sort(np.round(rng.normal(size=window), 1))  # equal values among them
        values[window - int(rng.integers(0, window)) :] = np.inf  # a window that is still filling
        s[first : first + window] = values
        around = s.copy()
        old, new = rng.choice(values), np.round(rng.normal(), 1)
        exchange(s, first, window, old, new)
        expected = np.sort(np.append(np.delete(values, np.flatnonzero(values == old)[0]), new))
        assert np.array_equal(s[first : first + window], expected)
        around[first : first + window] = s[first : first + window]
        assert np.array_equal(s, around)
