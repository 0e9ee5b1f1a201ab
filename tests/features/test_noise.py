"""Filters against scipy, numpy and a whole Kalman filter; their centred forms, which the checks must catch."""

import numpy as np
import pytest
from scipy import ndimage, signal, stats

from alphaplus.features import checks
from alphaplus.features.compute import compute_features
from alphaplus.features.library.noise.kalman import steady_gains
from alphaplus.features.library.noise.savitzky_golay import LEVEL, SLOPE, end_weights
from alphaplus.features.sets import FeatureSet

WINDOW = 11
COLUMNS = FeatureSet(
    "noise",
    (
        *("bad_tick", "bad_tick_confirmed", "log_return_1"),
        *("kalman_level", "kalman_trend", "close_to_kalman", "kalman_slope"),
        *("median_filter_11", "close_to_median_11", "hampel_11", "close_to_hampel_11", "hampel_outlier_11"),
        *("savgol_level_11", "close_to_savgol_11", "savgol_slope_11"),
    ),
)
COVERED = frozenset(COLUMNS.columns)


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request, walk):
    return walk(5_000, seed=8) if request.param == "walk" else whole_stretch(request.getfixturevalue("btc_1h"))


def whole_stretch(bars):
    """Recorded bars without a gap that would restart anything."""
    restarts = np.flatnonzero(bars.missing_before > 24)
    ends = [*restarts.tolist(), len(bars)]
    start = max(zip([0, *ends[:-1]], ends, strict=True), key=lambda span: span[1] - span[0])[0]
    return bars.rows(start, min(start + 20_000, len(bars)))


@pytest.fixture(scope="module")
def computed(bars):
    return compute_features(bars, COLUMNS)


def windows(values, window):
    return np.lib.stride_tricks.sliding_window_view(values, window)


def judge_bad_ticks(change, suspect, confirmed):
    """Flags by scipy's MAD of the hundred returns before."""
    views = windows(change[:-1], 100)
    spread = stats.median_abs_deviation(views, axis=1)
    move = np.abs(change[100:])
    expected = (spread > 0) & (move > 14.826 * spread)
    np.testing.assert_array_equal(suspect[100:], expected)
    stayed = expected[:-1] & (move[1:] <= 3 * spread[:-1])
    np.testing.assert_array_equal(confirmed[101:], stayed)
    return expected, stayed


def test_a_bad_tick_is_far_beyond_the_hundred_returns_before(computed):
    change = computed.column("log_return_1")[1:]
    judge_bad_ticks(change, computed.column("bad_tick")[1:], computed.column("bad_tick_confirmed")[1:])


@pytest.mark.parametrize("tick", [0.01, 0.2, 0.5])
def test_bad_ticks_among_heavy_tails_and_ties_are_those_of_the_whole_median_deviation(frame, tick):
    """Coarse ticks make many returns equal; the quick answer of the quarters must never differ from the slow one."""
    rng = np.random.default_rng(11)
    moves = 0.002 * rng.standard_t(1.5, 20_000).clip(-60, 60)
    close = np.round(100 * np.exp(moves + 0.3 * np.sin(np.arange(20_000) / 500)) / tick) * tick
    bars = frame({"open": close, "high": close, "low": close, "close": close, "volume": close})
    got = compute_features(bars, COLUMNS)
    change = got.column("log_return_1")[1:]
    flagged, stayed = judge_bad_ticks(change, got.column("bad_tick")[1:], got.column("bad_tick_confirmed")[1:])
    assert flagged.sum() > stayed.sum() > 0


def spike_at(walk, frame, place, *, lasts):
    bars = walk(300, seed=4)
    close = bars.column("close").copy()
    close[place : place + lasts] *= 1.4
    high = np.maximum(bars.column("high"), close)
    columns = {"open": bars.column("open"), "high": high, "low": bars.column("low")}
    return frame({**columns, "close": close, "volume": bars.column("volume")})


@pytest.mark.parametrize(("lasts", "flagged", "confirmed"), [(1, [200, 201], [202]), (100, [200], [201])])
def test_a_jump_that_stays_is_confirmed_and_of_a_spike_only_the_way_back(walk, frame, lasts, flagged, confirmed):
    got = compute_features(spike_at(walk, frame, 200, lasts=lasts), COLUMNS)
    assert np.flatnonzero(got.column("bad_tick")[:290] == 1).tolist() == flagged
    assert np.flatnonzero(got.column("bad_tick_confirmed")[:290] == 1).tolist() == confirmed


def test_where_nothing_moves_nothing_is_suspect_and_the_close_is_its_own_filter(flat):
    got = compute_features(flat(300), COLUMNS)
    for column in ("bad_tick", "bad_tick_confirmed", "hampel_outlier_11", "close_to_median_11", "close_to_savgol_11"):
        assert set(got.column(column)[150:]) == {0.0}
    for column in ("median_filter_11", "hampel_11", "savgol_level_11", "kalman_level"):
        np.testing.assert_allclose(got.column(column)[150:], 100.0, rtol=1e-12)


def test_the_median_is_that_of_the_last_closes(bars, computed):
    close = bars.column("close")
    expected = ndimage.median_filter(close, WINDOW, origin=WINDOW // 2)[WINDOW - 1 :]
    np.testing.assert_array_equal(computed.column("median_filter_11")[WINDOW - 1 :], expected)
    np.testing.assert_allclose(
        computed.column("close_to_median_11")[WINDOW - 1 :], close[WINDOW - 1 :] / expected - 1, rtol=1e-9, atol=1e-15
    )
    assert np.isnan(computed.column("median_filter_11")[: WINDOW - 1]).all()


def test_the_hampel_filter_puts_the_median_in_the_place_of_outliers(bars, computed):
    close = bars.column("close")
    views, last = windows(close, WINDOW), close[WINDOW - 1 :]
    middle = np.median(views, axis=1)
    spread = stats.median_abs_deviation(views, axis=1, scale=1 / 1.4826)
    outlier = (spread > 0) & (np.abs(last - middle) > 3 * spread)
    known = slice(WINDOW - 1, None)
    same = np.isclose(np.abs(last - middle), 3 * spread, rtol=1e-9)  # on the very limit, rounding decides
    np.testing.assert_array_equal(computed.column("hampel_outlier_11")[known][~same], outlier[~same])
    filtered = np.where(outlier, middle, last)
    np.testing.assert_allclose(computed.column("hampel_11")[known][~same], filtered[~same], rtol=1e-12)
    away = computed.column("close_to_hampel_11")[known]
    np.testing.assert_allclose(away[~same], (last / filtered - 1)[~same], rtol=1e-9, atol=1e-15)
    assert 0.02 < outlier.mean() < 0.2


@pytest.mark.parametrize(("window", "degree"), [(5, 2), (11, 3), (21, 4)])
def test_end_weights_are_those_of_scipy(window, degree):
    for derivative in (0, 1):
        expected = signal.savgol_coeffs(window, degree, deriv=derivative, pos=window - 1)
        np.testing.assert_allclose(end_weights(window, degree, derivative), expected, rtol=1e-9, atol=1e-12)


def test_savitzky_golay_reads_the_end_of_its_window(bars, computed):
    close = bars.column("close")
    for derivative, column in ((0, "savgol_level_11"), (1, "savgol_slope_11")):
        weights = signal.savgol_coeffs(WINDOW, 3, deriv=derivative, pos=WINDOW - 1)
        expected = np.convolve(close, weights)[: len(close)] / (close if derivative else 1.0)
        got, scale = computed.column(column), np.abs(expected[WINDOW - 1 :]).mean()
        np.testing.assert_allclose(got[WINDOW - 1 :], expected[WINDOW - 1 :], rtol=1e-9, atol=1e-9 * scale)
    away = 1 - computed.column("savgol_level_11") / close
    np.testing.assert_allclose(computed.column("close_to_savgol_11"), away, rtol=1e-9, atol=1e-12)
    assert (len(LEVEL), len(SLOPE)) == (WINDOW, WINDOW)


def whole_filter(close, level_noise, trend_noise):
    """The textbook's Kalman filter with matrices and covariances, from a settled covariance on."""
    move, look, shocks = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]]), np.diag([level_noise, trend_noise])
    covariance = np.eye(2)
    state, states = np.array([close[0], 0.0]), []
    for t in range(-500, len(close)):
        ahead = move @ covariance @ move.T + shocks
        gain = ahead @ look.T @ np.linalg.inv(look @ ahead @ look.T + 1.0)
        covariance = (np.eye(2) - gain @ look) @ ahead
        if t > 0:
            state = move @ state
            state = state + (gain @ (close[t] - look @ state)).ravel()
        if t >= 0:
            states.append(state)
    return np.array(states), gain.ravel()


def test_kalman_is_the_filter_of_a_local_linear_trend(bars, computed):
    close = bars.column("close")
    states, gain = whole_filter(close, 0.05, 0.001)
    np.testing.assert_allclose(steady_gains(0.05, 0.001), gain, rtol=1e-9)
    known = slice(19, None)
    np.testing.assert_allclose(computed.column("kalman_level")[known], states[known, 0], rtol=1e-9)
    scale = np.abs(states[known, 1]).mean()
    np.testing.assert_allclose(computed.column("kalman_trend")[known], states[known, 1], rtol=1e-9, atol=1e-9 * scale)
    np.testing.assert_allclose(
        computed.column("close_to_kalman")[known], (1 - states[:, 0] / close)[known], rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(computed.column("kalman_slope"), computed.column("kalman_trend") / close, rtol=1e-12)


def test_forms_for_models_do_not_depend_on_the_price(walk, frame):
    bars = walk(600)
    for factor in (2.0**-30, 2.0**27):
        names = ("open", "high", "low", "close")
        scaled = {name: bars.column(name) * factor for name in names} | {"volume": bars.column("volume")}
        got, plain = compute_features(frame(scaled), COLUMNS), compute_features(bars, COLUMNS)
        for column in ("bad_tick", "close_to_kalman", "kalman_slope", "close_to_median_11", "hampel_outlier_11"):
            np.testing.assert_array_equal(got.column(column), plain.column(column))
        for column in ("close_to_savgol_11", "savgol_slope_11", "close_to_hampel_11"):
            np.testing.assert_array_equal(got.column(column), plain.column(column))


def test_filters_keep_their_contract(bars):
    trial = checks.Trial.begin(COLUMNS, bars)
    rows, columns = trial.rows[:2_000], COLUMNS.columns
    assert checks.stream_faults(trial, np.random.default_rng(1)) == {}
    assert checks.restore_faults(trial, np.random.default_rng(2)) == {}
    assert checks.prefix_faults(trial.compute, rows, columns, np.random.default_rng(3)) == {}
    assert checks.poison_faults(trial.compute, rows, columns, np.random.default_rng(4)) == {}
    assert checks.memory_faults(trial) == {}
    assert checks.warmup_faults(trial) == {}
    assert checks.infinity_faults(trial) == {}


def kalman_level(close):
    return whole_filter(close, 0.05, 0.001)[0][:, 0]


CENTRED = {
    "savgol": lambda close: signal.savgol_filter(close, WINDOW, 3, mode="nearest"),
    "savgol_slope": lambda close: signal.savgol_filter(close, WINDOW, 3, deriv=1, mode="nearest"),
    "median": lambda close: ndimage.median_filter(close, WINDOW),
    "hampel": lambda close: np.abs(close - ndimage.median_filter(close, WINDOW)) > 0.01 * close,
    "there and back": lambda close: signal.filtfilt(*signal.butter(2, 0.1), close, padlen=0),
    "kalman smoother": lambda close: kalman_level(kalman_level(close)[::-1])[::-1],
}


def test_filters_that_look_ahead_are_caught_by_prefix_and_by_poison(bars):
    trial = checks.Trial.begin(FeatureSet("honest", ("median_filter_11",)), bars.rows(0, 400))
    columns = ("median_filter_11", *CENTRED)

    def leaking(rows):
        close = np.nan_to_num(rows[:, 4], nan=1.0)
        return np.column_stack([trial.compute(rows), *(smooth(close) for smooth in CENTRED.values())])

    assert set(checks.prefix_faults(leaking, trial.rows, columns, np.random.default_rng(1))) == set(CENTRED)
    assert set(checks.poison_faults(leaking, trial.rows, columns, np.random.default_rng(2))) == set(CENTRED)
