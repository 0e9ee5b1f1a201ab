"""Columns that TA-Lib does not have, against numpy, pandas and scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alphaplus.features.compute import compute_features

pytestmark = pytest.mark.xdist_group("features")  # one worker compiles for all of them


@pytest.fixture(scope="module")
def table(walk):
    """The bars as pandas series, with our columns beside them."""
    bars = walk(3_000)
    frame = compute_features(bars, "all")
    data = pd.DataFrame({name: bars.column(name) for name in ("open", "high", "low", "close", "volume")})
    data.index = pd.to_datetime(bars.open_time, unit="ms", utc=True)
    return data, frame


def _log_return(d):
    return np.log(d.close / d.close.shift(1))


def _rolling(series, window, function):
    return series.rolling(window).apply(function, raw=True)


def _windows(series, window, function):
    """A function of every window at once."""
    views = np.lib.stride_tricks.sliding_window_view(series.to_numpy()[1:], window)
    return pd.Series(np.concatenate([np.full(window, np.nan), function(views, axis=1)]), series.index)


def _typical(d):
    return (d.high + d.low + d.close) / 3


def _place(d, window):
    low, high = d.low.rolling(window).min(), d.high.rolling(window).max()
    return (d.close - low) / (high - low)


def _yang_zhang(d, window=20):
    gap, move = np.log(d.open / d.close.shift(1)), np.log(d.close / d.open)
    up, down = np.log(d.high / d.open), np.log(d.low / d.open)
    inside = (up * (up - move) + down * (down - move)).rolling(window).mean()
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    values = gap.rolling(window).var() + k * move.rolling(window).var() + (1 - k) * inside
    return np.sqrt(values.where(gap.rolling(window).count() == window))


def _session_vwap(d):
    day = d.index.floor("D")
    return (_typical(d) * d.volume).groupby(day).cumsum() / d.volume.groupby(day).cumsum()


def _money_flow_volume(d):
    span = (d.high - d.low).where(d.high > d.low)
    return (d.volume * ((d.close - d.low) - (d.high - d.close)) / span).fillna(0.0)


def _delta(d):
    change = np.sign(d.close.diff()).replace(0.0, np.nan).ffill().fillna(0.0)
    return (change * d.volume).where(np.arange(len(d)) > 0)


def _obv_slope(d, window=20):
    obv = (np.sign(d.close.diff()).fillna(1.0) * d.volume).cumsum()
    slope = _rolling(obv, window, lambda y: np.polyfit(np.arange(window), y, 1)[0])
    return slope / d.volume.rolling(window).mean()


def _rank(x):
    return ((x[:-1] < x[-1]).sum() + 0.5 * (x[:-1] == x[-1]).sum()) / (len(x) - 1)


def _efficiency(d, window):
    return (d.close - d.close.shift(window)) / d.close.diff().abs().rolling(window).sum()


EXPECTED = {
    **{f"return_{k}": (lambda d, k=k: d.close / d.close.shift(k) - 1) for k in (1, 2, 3, 5, 10, 20, 50)},
    **{f"log_return_1_mean_{w}": (lambda d, w=w: _log_return(d).rolling(w).mean()) for w in (5, 10, 20, 50)},
    **{f"log_return_1_std_{w}": (lambda d, w=w: _log_return(d).rolling(w).std()) for w in (5, 10, 20, 50)},
    **{f"log_return_1_skew_{w}": (lambda d, w=w: _windows(_log_return(d), w, stats.skew)) for w in (5, 10, 20, 50)},
    **{
        f"log_return_1_kurtosis_{w}": (lambda d, w=w: _windows(_log_return(d), w, stats.kurtosis))
        for w in (5, 10, 20, 50)
    },
    "log_return_1_min_20": lambda d: _log_return(d).rolling(20).min(),
    "log_return_1_max_50": lambda d: _log_return(d).rolling(50).max(),
    "log_return_1_median_20": lambda d: _log_return(d).rolling(20).median(),
    "log_return_1_lag_3": lambda d: _log_return(d).shift(3),
    "volume_ratio_lag_2": lambda d: (d.volume / d.volume.rolling(20).mean()).shift(2),
    "log_return_5": lambda d: np.log(d.close / d.close.shift(5)),
    "gap": lambda d: d.open / d.close.shift(1) - 1,
    "body_ratio": lambda d: (d.close - d.open) / (d.high - d.low),
    "upper_wick_ratio": lambda d: (d.high - d[["open", "close"]].max(axis=1)) / (d.high - d.low),
    "lower_wick_ratio": lambda d: (d[["open", "close"]].min(axis=1) - d.low) / (d.high - d.low),
    "close_location": lambda d: (2 * d.close - d.low - d.high) / (d.high - d.low),
    "range_ratio": lambda d: (d.high - d.low) / d.close,
    "range_position_10": lambda d: _place(d, 10),
    "range_position_50": lambda d: _place(d, 50),
    "distance_to_high_20": lambda d: 1 - d.high.rolling(20).max() / d.close,
    "distance_to_low_20": lambda d: 1 - d.low.rolling(20).min() / d.close,
    "acceleration_5": lambda d: d.close.pct_change(5) - d.close.pct_change(5).shift(5),
    "efficiency_ratio_10": lambda d: _efficiency(d, 10),
    "realised_volatility_20": lambda d: np.sqrt((_log_return(d) ** 2).rolling(20).mean()),
    "parkinson_20": lambda d: np.sqrt((np.log(d.high / d.low) ** 2).rolling(20).mean() / (4 * np.log(2))),
    "garman_klass_20": lambda d: np.sqrt(
        (0.5 * np.log(d.high / d.low) ** 2 - (2 * np.log(2) - 1) * np.log(d.close / d.open) ** 2).rolling(20).mean()
    ),
    "yang_zhang_20": _yang_zhang,
    "vwap": _session_vwap,
    "close_to_vwap": lambda d: d.close / _session_vwap(d) - 1,
    "vwap_20": lambda d: (_typical(d) * d.volume).rolling(20).sum() / d.volume.rolling(20).sum(),
    "cmf_20": lambda d: _money_flow_volume(d).rolling(20).sum() / d.volume.rolling(20).sum(),
    "volume_ratio": lambda d: d.volume / d.volume.rolling(20).mean(),
    "volume_change": lambda d: (d.volume - d.volume.shift(1)) / (d.volume + d.volume.shift(1)),
    "obv_slope_20": _obv_slope,
    "volume_flow_imbalance": lambda d: _delta(d).rolling(20).sum() / d.volume.rolling(20).sum(),
    "cumulative_volume_delta": lambda d: _delta(d).cumsum(),
    "close_zscore_20": lambda d: (d.close - d.close.rolling(20).mean()) / d.close.rolling(20).std(ddof=0),
    "close_rank_20": lambda d: _rolling(d.close, 20, _rank),
    "hour_of_day": lambda d: pd.Series(d.index.hour, d.index, dtype=float),
    "day_of_week": lambda d: pd.Series(d.index.day_of_week, d.index, dtype=float),
    "minute_of_day_sin": lambda d: pd.Series(np.sin(2 * np.pi * d.index.hour / 24), d.index),
    "day_of_week_cos": lambda d: pd.Series(np.cos(2 * np.pi * d.index.day_of_week / 7), d.index),
    "month_sin": lambda d: pd.Series(np.sin(2 * np.pi * (d.index.month - 1) / 12), d.index),
}


@pytest.mark.parametrize("column", list(EXPECTED))
def test_equals_its_definition_in_pandas(table, column):
    data, frame = table
    got, expected = frame.column(column), EXPECTED[column](data).to_numpy()
    assert np.array_equal(np.isnan(got), np.isnan(expected)), "first values differ"
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * np.nanstd(expected))
