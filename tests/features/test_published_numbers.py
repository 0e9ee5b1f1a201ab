"""Worked examples that were published, to the digits that were printed, and one worked by hand."""

import numpy as np

from alphaplus.features.compute import compute_features
from alphaplus.features.library.trend.ema import ema
from alphaplus.features.sets import FeatureSet

# StockCharts, ChartSchool, Relative Strength Index: closes of QQQQ from 2009-12-14 on, and the index over 14 days.
RSI_CLOSES = """
    44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931
    46.0328 45.6140 46.2820 46.2820 46.0028 46.0328 46.4116 46.2222 45.6439 46.2122 46.2521
    45.7137 46.4515 45.7835 45.3548 44.0288 44.1783 44.2181 44.5672 43.4205 42.6628 43.1314
"""
RSI_PRINTED = """
    70.53 66.32 66.55 69.41 66.36 57.97 62.93 63.26 56.06 62.38 54.71 50.42 39.99 41.46 41.87 45.46 37.30 33.08 37.77
"""
# StockCharts, ChartSchool, Moving Averages: closes of Intel, and their exponential averages over 10 days.
AVERAGE_CLOSES = """
    22.27 22.19 22.08 22.17 22.18 22.13 22.23 22.43 22.24 22.29 22.15 22.39 22.38 22.61 23.36
    24.05 23.75 23.83 23.95 23.63 23.82 23.87 23.65 23.19 23.10 23.33 22.68 23.10 22.40 22.17
"""
EMA_PRINTED = """
    22.22 22.21 22.24 22.27 22.33 22.52 22.80 22.97 23.13 23.28 23.34
    23.43 23.51 23.54 23.47 23.40 23.39 23.26 23.23 23.08 22.92
"""
DIGIT = 0.0101  # closes and averages were printed to the cent


def numbers(text):
    """The numbers of a printed table."""
    return np.array(text.split(), float)


def bars_of(frame, close, *, spread=0.0):
    """Bars that close as told."""
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) + spread, np.minimum(open_, close) - spread
    return frame({"open": open_, "high": high, "low": low, "close": close, "volume": np.ones(len(close))})


def test_rsi_equals_the_example_of_stockcharts(frame):
    bars = bars_of(frame, numbers(RSI_CLOSES))
    got = compute_features(bars, FeatureSet("one", ("rsi_14",))).column("rsi_14")
    assert np.isnan(got[:14]).all()
    np.testing.assert_allclose(got[14:], numbers(RSI_PRINTED), atol=0.0051)


def test_ema_equals_the_example_of_stockcharts():
    """By the step itself, as plain Python: no column has this window."""
    closes, state = numbers(AVERAGE_CLOSES), np.zeros(1)
    averages = [ema(state, 0, n, close, 10) for n, close in enumerate(closes)]
    assert np.isnan(averages[:9]).all()
    np.testing.assert_allclose(averages[9:], numbers(EMA_PRINTED), atol=DIGIT)


def test_average_true_range_worked_by_hand(frame):
    """Ten bars with a true range of 2, then one of 6: 2 + (6 - 2) / 10."""
    close = np.array([100.0] * 11 + [104.0])
    bars = bars_of(frame, close, spread=1.0)
    values = compute_features(bars, FeatureSet("ranges", ("true_range", "atr_10")))
    assert values.column("true_range").tolist()[1:] == [2.0] * 10 + [6.0]
    np.testing.assert_allclose(values.column("atr_10")[10:], [2.0, 2.4], rtol=1e-12)
