"""Columns against their definitions in pandas, numpy and scipy, on a walk, on real hours and on real minutes.

The minutes carry the volume of taker buys; all have made-up order books. Known deviations: where a window knows no
range, no volume or no variance, our columns read the neutral value of their docstring; the definitions say which.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import talib
from scipy import stats

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features
from alphaplus.features.sets import FeatureSet
from alphaplus.market.read import read_bars

NOW = 1_767_225_600_000
ROWS = 20_000
WINDOWS = (5, 10, 20, 50)
FULL_BAR = 0.9  # share of its bars that a higher bar needs


def _views(series, window, function):
    """A function of every window at once; NaN where a window has one."""
    if len(series) < window:
        return pd.Series(np.nan, series.index)
    views = np.lib.stride_tricks.sliding_window_view(np.asarray(series, float), window)
    return pd.Series(np.concatenate([np.full(window - 1, np.nan), function(views)]), series.index)


def _neutral(values, value, where):
    return values.mask(where, value)


def _log_return(d, back=1):
    return np.log(d.close / d.close.shift(back))


def _typical(d):
    return (d.high + d.low + d.close) / 3


def _sum(series, window):
    """Sums of whole windows, each by itself: pandas carries rounding from one to the next."""
    return _views(series, window, lambda x: x.sum(axis=1))


def _highest(d, window):
    return d.high.rolling(window).max()


def _lowest(d, window):
    return d.low.rolling(window).min()


def _middle(d, window):
    return (_highest(d, window) + _lowest(d, window)) / 2


def _place(d, window):
    low, span = _lowest(d, window), _highest(d, window) - _lowest(d, window)
    return _neutral((d.close - low) / span, 0.5, span == 0)


def _shape(part):
    def of_span(d):
        span = d.high - d.low
        return _neutral(part(d) / span, 0.0, span == 0)

    return of_span


def _true_range(d):
    last = d.close.shift(1)
    ranges = pd.concat([d.high - d.low, (d.high - last).abs(), (d.low - last).abs()], axis=1)
    return ranges.max(axis=1).where(last.notna())


def _seeded(series, window, weight):
    """Exponential smoothing of the values from the first known one on, seeded with a plain mean of the first ones."""
    known = series.dropna()
    if len(known) < window:
        return pd.Series(np.nan, series.index)
    seeded = known.iloc[window - 1 :].copy()
    seeded.iloc[0] = known.iloc[:window].mean()
    return seeded.ewm(alpha=weight, adjust=False).mean().reindex(series.index)


def _wilder(series, window):
    return _seeded(series, window, 1 / window)


def _ema(series, window):
    return _seeded(series, window, 2 / (window + 1))


def _atr(d, window):
    return _wilder(_true_range(d), window)


def _trend(d):
    return ((_ema(d.close, 20) - _ema(d.close, 50)) / _atr(d, 14)).clip(-20, 20)


def _rsi(d, window=14):
    change = d.close.diff()
    gain, loss = _wilder(change.clip(lower=0), window), _wilder((-change).clip(lower=0), window)
    return _neutral(100 * gain / (gain + loss), 50.0, gain + loss == 0)


def _streak(rising):
    """Length of the run of true values that ends here, at most 10."""
    runs = rising.groupby((~rising).cumsum()).cumsum()
    return runs.clip(upper=10).astype(float).where(np.arange(len(runs)) > 0)


def _efficiency(d, window):
    way = _sum(d.close.diff().abs(), window)
    return _neutral((d.close - d.close.shift(window)) / way, 0.0, way == 0)


def _statistic(function, window):
    """A moment of log returns; windows of equal values, which have none, read 0."""

    def of_returns(d):
        series = _log_return(d)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = _views(series, window, function)
        return _neutral(values, 0.0, _equal(series, window))

    return of_returns


def _equal(series, window):
    return _views(series, window, lambda x: (x == x[:, :1]).all(axis=1)) == 1


def _scipy(function):
    """Of the windows that vary; scipy warns of the others."""

    def of_windows(x):
        values = np.full(len(x), np.nan)
        varies = ~np.isnan(x).any(axis=1) & (np.ptp(x, axis=1) > 0)
        values[varies] = function(x[varies], axis=1)
        return values

    return of_windows


def _last_zscore(x):
    return (x[:, -1] - x.mean(axis=1)) / x.std(axis=1)


def _zscore(series, window):
    with np.errstate(invalid="ignore", divide="ignore"):
        return _neutral(_views(series, window, _last_zscore), 0.0, _equal(series, window))


def _rank(series, window):
    """By pandas' average rank: the first of n is 1, ties share."""
    return (series.rolling(window).rank(method="average") - 1) / (window - 1)


def _correlation(x, y, window):
    """Pearson's correlation of every window; 0 where either does not vary."""

    def of_windows(a, b):
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
        return (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))

    a, b = (np.lib.stride_tricks.sliding_window_view(series.to_numpy(), window) for series in (x, y))
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.concatenate([np.full(window - 1, np.nan), of_windows(a, b)])
    return _neutral(pd.Series(values, x.index), 0.0, _equal(x, window) | _equal(y, window))


def _volume_change(d):
    total = d.volume + d.volume.shift(1)
    return _neutral((d.volume - d.volume.shift(1)) / total, 0.0, total == 0)


def _drawdown(d, window):
    return _views(d.close, window, lambda x: (x / np.maximum.accumulate(x, axis=1)).min(axis=1) - 1)


def _run_up(d, window):
    return _views(d.close, window, lambda x: (x / np.minimum.accumulate(x, axis=1)).max(axis=1) - 1)


def _up_ratio(d, window):
    change = np.sign(d.close.diff())
    return (change.rolling(window).mean() + 1) / 2


def _slope(series, window):
    line = np.arange(window) - (window - 1) / 2
    return _views(series, window, lambda x: x @ line / (line @ line))


def _realised(d, window):
    return np.sqrt(_sum(_log_return(d) ** 2, window) / window)


def _ratio(a, b):
    return _neutral(a / b, 1.0, b == 0)


def _volatility_of_volatility(d):
    series = _realised(d, 20)
    return _neutral(_views(series, 20, lambda x: x.std(axis=1) / x.mean(axis=1)), 0.0, _sum(series, 20) == 0)


def _parkinson(d):
    return np.log(d.high / d.low) ** 2 / (4 * np.log(2))


def _garman_klass(d):
    return 0.5 * np.log(d.high / d.low) ** 2 - (2 * np.log(2) - 1) * np.log(d.close / d.open) ** 2


def _rogers_satchell(d):
    high, low = np.log(d.high / d.close), np.log(d.low / d.close)
    return high * np.log(d.high / d.open) + low * np.log(d.low / d.open)


def _yang_zhang(d, window=20):
    gap, move = np.log(d.open / d.close.shift(1)), np.log(d.close / d.open)
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    inside = _sum(_rogers_satchell(d), window) / window
    gaps, moves = (_views(series, window, lambda x: x.var(axis=1, ddof=1)) for series in (gap, move))
    return np.sqrt(gaps + k * moves + (1 - k) * inside)


def _choppiness(d, window=14):
    span = _highest(d, window) - _lowest(d, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = 100 * np.log10(_sum(_true_range(d), window) / span) / np.log10(window)
    return _neutral(values, 50.0, span == 0)


def _widening(d):
    once = _ema(d.high - d.low, 9)
    return _ratio(once, _ema(once, 9))


def _keltner(d, side):
    return _ema(d.close, 20) + side * 2 * _atr(d, 10)


def _supertrend(d):
    """Line and direction, bar by bar, after TradingView's description."""
    reach, middle = 3 * _atr(d, 10).to_numpy(), ((d.high + d.low) / 2).to_numpy()
    close = d.close.to_numpy()
    line, direction = np.full(len(d), np.nan), np.full(len(d), np.nan)
    first = int(np.flatnonzero(~np.isnan(reach))[0])
    upper, lower = middle + reach, middle - reach
    for t in range(first, len(d)):
        if t == first:
            direction[t] = 1 if close[t] >= middle[t] else -1
        else:
            if not (upper[t] < upper[t - 1] or close[t - 1] > upper[t - 1]):
                upper[t] = upper[t - 1]
            if not (lower[t] > lower[t - 1] or close[t - 1] < lower[t - 1]):
                lower[t] = lower[t - 1]
            if line[t - 1] == upper[t - 1] and direction[t - 1] == -1:
                direction[t] = 1 if close[t] > upper[t] else -1
            else:
                direction[t] = -1 if close[t] < lower[t] else 1
        line[t] = lower[t] if direction[t] == 1 else upper[t]
    return pd.Series(line, d.index), pd.Series(direction, d.index)


def _senkou_a(d):
    return (_middle(d, 9) + _middle(d, 26)) / 2


def _cloud(d):
    return _senkou_a(d).shift(26), _middle(d, 52).shift(26)


def _beyond_cloud(d):
    upper, lower = np.maximum(*_cloud(d)), np.minimum(*_cloud(d))
    distance = np.select([d.close > upper, d.close < lower], [d.close - upper, d.close - lower], 0.0)
    return pd.Series(distance, d.index).where(upper.notna()) / d.close


def _vwma(d):
    money, volume = _sum(d.close * d.volume, 20), _sum(d.volume, 20)
    return (money / volume).mask(volume == 0, _sum(d.close, 20) / 20)


def _bollinger(d, deviations):
    return d.close.rolling(20).mean() + deviations * _deviation(d, 20)


def _deviation(d, window):
    return _views(d.close, window, lambda x: x.std(axis=1))


def _session_vwap(d):
    day = d.index.floor("D")
    money, volume = (_typical(d) * d.volume).groupby(day).cumsum(), d.volume.groupby(day).cumsum()
    return (money / volume).where(volume > 0, _typical(d))


def _vwap(d):
    money, volume = _sum(_typical(d) * d.volume, 20), _sum(d.volume, 20)
    return (money / volume).mask(volume == 0, _typical(d))


def _over_volume(series, d, neutral=0.0):
    volume = _sum(d.volume, 20)
    return _neutral(_sum(series, 20) / volume, neutral, volume == 0)


def _money_flow_volume(d):
    return d.volume * _shape(lambda d: 2 * d.close - d.low - d.high)(d)


def _money_flow(d):
    change = _typical(d).diff()
    sign = np.sign(change.mask(change.abs() <= 1e-12 * _typical(d), 0.0)).fillna(0.0)
    return sign * _typical(d) * d.volume


def _obv(d):
    return (np.sign(d.close.diff()).fillna(1.0) * d.volume).cumsum()


def _delta(d):
    change = np.sign(d.close.diff()).replace(0.0, np.nan).ffill().fillna(0.0)
    return (change * d.volume).where(d.buy_volume.isna(), 2 * d.buy_volume - d.volume).where(np.arange(len(d)) > 0)


def _volume_ratio(d):
    return _neutral(20 * d.volume / _sum(d.volume, 20), 1.0, _sum(d.volume, 20) == 0)


def _circle(name, turn):
    """Sine or cosine of a share of a turn of the calendar."""
    wave = np.sin if name.endswith("sin") else np.cos
    return lambda d: pd.Series(wave(2 * np.pi * turn(d.index)), d.index)


def _open_in(zone, opens, closes):
    def of_bars(d):
        local = d.index.tz_convert(zone)
        minute = local.hour * 60 + local.minute
        return pd.Series(((local.day_of_week < 5) & (minute >= opens) & (minute < closes)).astype(float), d.index)

    return of_bars


TURNS = {
    "minute_of_day": lambda t: (t.hour * 60 + t.minute) / 1440,
    "day_of_week": lambda t: t.day_of_week / 7,
    "month": lambda t: (t.month - 1) / 12,
}
PLAIN = {
    **{f"return_{k}": (lambda d, k=k: d.close / d.close.shift(k) - 1) for k in (1, 2, 3, 5, 10, 20, 50)},
    **{f"log_return_{k}": (lambda d, k=k: _log_return(d, k)) for k in (1, 2, 3, 5, 10, 20)},
    **{f"roc_{k}": (lambda d, k=k: 100 * d.close.pct_change(k)) for k in (5, 10, 20)},
    **{f"momentum_{k}": (lambda d, k=k: d.close.diff(k)) for k in (5, 10, 20)},
    **{f"acceleration_{k}": (lambda d, k=k: d.close.pct_change(k).diff(k)) for k in (5, 10)},
    **{f"highest_{w}": (lambda d, w=w: _highest(d, w)) for w in (5, 9, 10, 14, 20, 26, 50, 52)},
    **{f"lowest_{w}": (lambda d, w=w: _lowest(d, w)) for w in (5, 9, 10, 14, 20, 26, 50, 52)},
    **{f"range_position_{w}": (lambda d, w=w: _place(d, w)) for w in (10, 20, 50)},
    **{f"distance_to_high_{w}": (lambda d, w=w: 1 - _highest(d, w) / d.close) for w in (10, 20, 50)},
    **{f"distance_to_low_{w}": (lambda d, w=w: 1 - _lowest(d, w) / d.close) for w in (10, 20, 50)},
    **{f"efficiency_ratio_{w}": (lambda d, w=w: _efficiency(d, w)) for w in (10, 20)},
    **{f"up_ratio_{w}": (lambda d, w=w: _up_ratio(d, w)) for w in (10, 20)},
    "absolute_change": lambda d: d.close.diff().abs(),
    "gap": lambda d: d.open / d.close.shift(1) - 1,
    "typical_price": _typical,
    "body_ratio": _shape(lambda d: d.close - d.open),
    "upper_wick_ratio": _shape(lambda d: d.high - d[["open", "close"]].max(axis=1)),
    "lower_wick_ratio": _shape(lambda d: d[["open", "close"]].min(axis=1) - d.low),
    "close_location": _shape(lambda d: 2 * d.close - d.low - d.high),
    "candle_direction": lambda d: np.sign(d.close - d.open),
    "range_ratio": lambda d: (d.high - d.low) / d.close,
    "consecutive_up": lambda d: _streak(d.close.diff() > 0),
    "consecutive_down": lambda d: _streak(d.close.diff() < 0),
    "true_range": _true_range,
    "true_range_to_close": lambda d: _true_range(d) / d.close,
    "buying_pressure": lambda d: d.close - np.minimum(d.low, d.close.shift(1)),
    **{f"true_range_sum_{w}": (lambda d, w=w: _sum(_true_range(d), w)) for w in (7, 14, 28)},
    **{f"buying_pressure_sum_{w}": (lambda d, w=w: _sum(PLAIN["buying_pressure"](d), w)) for w in (7, 14, 28)},
}
TREND = {
    **{f"ema_{w}": (lambda d, w=w: _ema(d.close, w)) for w in (9, 20, 50, 200)},
    **{f"close_to_ema_{w}": (lambda d, w=w: d.close / _ema(d.close, w) - 1) for w in (9, 20, 50, 200)},
    **{f"close_to_sma_{w}": (lambda d, w=w: d.close / (_sum(d.close, w) / w) - 1) for w in (20, 50, 200)},
    **{
        f"ema_{a}_to_ema_{b}": (lambda d, a=a, b=b: _ema(d.close, a) / _ema(d.close, b) - 1)
        for a, b in ((9, 20), (20, 50), (50, 200))
    },
    **{
        f"sma_{a}_to_sma_{b}": (lambda d, a=a, b=b: (_sum(d.close, a) / a) / (_sum(d.close, b) / b) - 1)
        for a, b in ((20, 50), (50, 200))
    },
    "trend": _trend,
    "bollinger_width": lambda d: 4 * _deviation(d, 20) / (_sum(d.close, 20) / 20),
    "bollinger_percent_b": lambda d: _neutral(
        (d.close - _bollinger(d, -2)) / (_bollinger(d, 2) - _bollinger(d, -2)), 0.5, _equal(d.close, 20)
    ),
    "donchian_upper": lambda d: _highest(d, 20),
    "donchian_middle": lambda d: _middle(d, 20),
    "donchian_lower": lambda d: _lowest(d, 20),
    "donchian_width": lambda d: (_highest(d, 20) - _lowest(d, 20)) / d.close,
    "keltner_upper": lambda d: _keltner(d, 1),
    "keltner_middle": lambda d: _keltner(d, 0),
    "keltner_lower": lambda d: _keltner(d, -1),
    "keltner_width": lambda d: (_keltner(d, 1) - _keltner(d, -1)) / _keltner(d, 0),
    "keltner_position": lambda d: (d.close - _keltner(d, -1)) / (_keltner(d, 1) - _keltner(d, -1)),
    "supertrend": lambda d: _supertrend(d)[0],
    "supertrend_direction": lambda d: _supertrend(d)[1],
    "close_to_supertrend": lambda d: 1 - _supertrend(d)[0] / d.close,
    "ichimoku_tenkan": lambda d: _middle(d, 9),
    "ichimoku_kijun": lambda d: _middle(d, 26),
    "ichimoku_senkou_a": _senkou_a,
    "ichimoku_senkou_b": lambda d: _middle(d, 52),
    "close_to_tenkan": lambda d: 1 - _middle(d, 9) / d.close,
    "close_to_kijun": lambda d: 1 - _middle(d, 26) / d.close,
    "tenkan_to_kijun": lambda d: (_middle(d, 9) - _middle(d, 26)) / d.close,
    "close_to_cloud": _beyond_cloud,
    "cloud_width": lambda d: (_cloud(d)[0] - _cloud(d)[1]) / d.close,
    "chikou_to_close": lambda d: d.close / d.close.shift(26) - 1,
    "close_turnover": lambda d: d.close * d.volume,
    "vwma_20": _vwma,
    "close_to_vwma_20": lambda d: d.close / _vwma(d) - 1,
    **{f"linear_slope_{w}": (lambda d, w=w: _slope(d.close, w) / d.close) for w in (20, 50)},
}
VOLATILITY = {
    **{f"realised_volatility_{w}": (lambda d, w=w: _realised(d, w)) for w in (5, 20, 50)},
    **{
        f"volatility_ratio_{a}_{b}": (lambda d, a=a, b=b: _ratio(_realised(d, a), _realised(d, b)))
        for a, b in ((5, 20), (20, 50))
    },
    "volatility_of_volatility_20": _volatility_of_volatility,
    "parkinson_term": _parkinson,
    "garman_klass_term": _garman_klass,
    "rogers_satchell_term": _rogers_satchell,
    "open_to_close": lambda d: np.log(d.close / d.open),
    "overnight": lambda d: np.log(d.open / d.close.shift(1)),
    "parkinson_20": lambda d: np.sqrt(_sum(_parkinson(d), 20) / 20),
    "garman_klass_20": lambda d: np.sqrt(_sum(_garman_klass(d), 20) / 20),
    "rogers_satchell_20": lambda d: np.sqrt(_sum(_rogers_satchell(d), 20) / 20),
    "yang_zhang_20": _yang_zhang,
    "atr_ratio_14_50": lambda d: _atr(d, 14) / _atr(d, 50),
    "choppiness_14": _choppiness,
    "range_widening_9": _widening,
    "mass_index_25": lambda d: _sum(_widening(d), 25),
}
ROLLING = {
    **{f"log_return_1_mean_{w}": (lambda d, w=w: _sum(_log_return(d), w) / w) for w in WINDOWS},
    **{f"log_return_1_std_{w}": _statistic(lambda x: x.std(axis=1, ddof=1), w) for w in WINDOWS},
    **{f"log_return_1_skew_{w}": _statistic(_scipy(stats.skew), w) for w in WINDOWS},
    **{f"log_return_1_kurtosis_{w}": _statistic(_scipy(stats.kurtosis), w) for w in WINDOWS},
    **{f"log_return_1_zscore_{w}": _statistic(_last_zscore, w) for w in WINDOWS},
    **{f"log_return_1_min_{w}": (lambda d, w=w: _log_return(d).rolling(w).min()) for w in WINDOWS},
    **{f"log_return_1_max_{w}": (lambda d, w=w: _log_return(d).rolling(w).max()) for w in WINDOWS},
    **{f"log_return_1_median_{w}": (lambda d, w=w: _log_return(d).rolling(w).median()) for w in WINDOWS},
    **{f"log_return_1_rank_{w}": (lambda d, w=w: _rank(_log_return(d), w)) for w in WINDOWS},
    **{f"{c}_rank_{w}": (lambda d, c=c, w=w: _rank(d[c], w)) for c in ("close", "volume") for w in (20, 50)},
    **{f"{c}_zscore_{w}": (lambda d, c=c, w=w: _zscore(d[c], w)) for c in ("close", "volume") for w in (20, 50)},
    **{f"close_deviation_{w}": (lambda d, w=w: _deviation(d, w)) for w in (20, 50)},
    "return_autocorrelation_20": lambda d: _correlation(_log_return(d), _log_return(d).shift(1), 20),
    "return_volume_correlation_20": lambda d: _correlation(_log_return(d), _volume_change(d), 20),
    **{f"highest_close_{w}": (lambda d, w=w: d.close.rolling(w).max()) for w in (5, 10, 20)},
    **{f"lowest_close_{w}": (lambda d, w=w: d.close.rolling(w).min()) for w in (5, 10, 20)},
    **{f"max_drawdown_{w}": (lambda d, w=w: _drawdown(d, w)) for w in (5, 10, 20)},
    **{f"max_run_up_{w}": (lambda d, w=w: _run_up(d, w)) for w in (5, 10, 20)},
}
VOLUME = {
    "volume_sum_20": lambda d: _sum(d.volume, 20),
    "volume_ratio": _volume_ratio,
    "volume_change": _volume_change,
    "vwap": _session_vwap,
    "close_to_vwap": lambda d: d.close / _session_vwap(d) - 1,
    "turnover": lambda d: _typical(d) * d.volume,
    "vwap_20": _vwap,
    "close_to_vwap_20": lambda d: d.close / _vwap(d) - 1,
    "money_flow": _money_flow,
    "money_flow_volume": _money_flow_volume,
    "cmf_20": lambda d: _over_volume(_money_flow_volume(d), d),
    "obv_slope_20": lambda d: _neutral(20 * _slope(_obv(d), 20) / _sum(d.volume, 20), 0.0, _sum(d.volume, 20) == 0),
    "signed_volume": lambda d: np.sign(d.close.diff()) * d.volume,
    "volume_delta": _delta,
    "volume_delta_from_trades": lambda d: d.buy_volume.notna().astype(float).where(np.arange(len(d)) > 0),
    "cumulative_volume_delta": lambda d: _delta(d).cumsum(),
    "volume_flow_imbalance": lambda d: _over_volume(_delta(d), d),
    "order_book_imbalance": lambda d: (d.bid_depth_1_0 - d.ask_depth_1_0) / (d.bid_depth_1_0 + d.ask_depth_1_0),
    "spread_ratio_20": lambda d: 20 * d.spread_bps / _sum(d.spread_bps, 20),
    "microprice_to_close": lambda d: d.microprice / d.close - 1,
}
CALENDAR = {
    "minute_of_day": lambda d: pd.Series(d.index.hour * 60.0 + d.index.minute, d.index),
    "hour_of_day": lambda d: pd.Series(d.index.hour, d.index, dtype=float),
    "day_of_week": lambda d: pd.Series(d.index.day_of_week, d.index, dtype=float),
    **{f"{name}_{wave}": _circle(wave, turn) for name, turn in TURNS.items() for wave in ("sin", "cos")},
    "session_asia": _open_in("Asia/Tokyo", 540, 930),
    "session_europe": _open_in("Europe/London", 480, 990),
    "session_us": _open_in("America/New_York", 570, 960),
}
LAGS = {
    "log_return_1": (_log_return, (1, 2, 3, 5, 10)),
    "rsi_14": (_rsi, (1, 2, 3, 5, 10)),
    "volume_ratio": (_volume_ratio, (1, 2, 3, 5, 10)),
    "bollinger_percent_b": (TREND["bollinger_percent_b"], (1, 3, 5)),
    "atr_14_to_close": (lambda d: _atr(d, 14) / d.close, (1, 3, 5)),
    "macd_histogram_to_close": (lambda d: pd.Series(talib.MACD(d.close.to_numpy())[2], d.index) / d.close, (1, 3, 5)),
}
LAGGED = {
    f"{name}_lag_{back}": (lambda d, f=function, back=back: f(d).shift(back))
    for name, (function, backs) in LAGS.items()
    for back in backs
}
EXPECTED = PLAIN | TREND | VOLATILITY | ROLLING | VOLUME | CALENDAR | LAGGED
ON_CLOCKS = {
    "return": lambda d: d.close.pct_change(1),
    "volume_sum_20": VOLUME["volume_sum_20"],
    "volume_ratio": _volume_ratio,
    "rsi_14": _rsi,
    "true_range": _true_range,
    "atr_14": lambda d: _atr(d, 14),
    "ema_20": lambda d: _ema(d.close, 20),
    "ema_50": lambda d: _ema(d.close, 50),
    "trend": _trend,
    "close_location": PLAIN["close_location"],
    "range_ratio": PLAIN["range_ratio"],
}
HIGHER = {f"{clock}_{name}": f for clock in ("h1", "h4", "d1") for name, f in ON_CLOCKS.items()}
HIGHER |= {
    "h4_absolute_change": PLAIN["absolute_change"],
    "h4_efficiency_ratio_10": PLAIN["efficiency_ratio_10"],
}
COVERED = frozenset(EXPECTED) | frozenset(HIGHER)


def _with_book(bars):
    rng = np.random.default_rng(6)
    made_up = {
        **{name: rng.lognormal(2, 0.5, len(bars)) for name in ("bid_depth_1_0", "ask_depth_1_0")},
        "spread_bps": rng.exponential(2, len(bars)),
        "microprice": bars.column("close") * (1 + rng.normal(0, 1e-4, len(bars))),
    }
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**made_up))


def _near_minutes(data_folder):
    path = data_folder / "ohlcv/binance_usdm_1m_klines12/NEARUSDT-1m-2023-08.csv.gz"
    return read_bars([path], symbol="NEARUSDT", timeframe=Timeframe.M1, now=NOW).rows(0, ROWS)


@pytest.fixture(
    scope="module",
    params=[
        "walk",
        pytest.param("hours", marks=pytest.mark.real_data),
        pytest.param("minutes", marks=pytest.mark.real_data),
    ],
)
def table(request, walk, compute_every):
    """The bars as a pandas table, our columns of them, and what their definitions gave so far."""
    if request.param == "walk":
        bars = walk(ROWS)
    elif request.param == "hours":
        bars = request.getfixturevalue("btc_1h")
        bars = bars.rows(int(np.flatnonzero(bars.missing_before > 24)[-1]), len(bars))
    else:
        bars = _near_minutes(request.getfixturevalue("data_folder"))
    assert len(bars) >= ROWS
    bars = _with_book(bars)
    known = [*REQUIRED[1:], *(name for name in SIDE_COLUMNS if name in bars.table.columns)]
    data = pd.DataFrame({name: bars.column(name) for name in known}).reindex(columns=[*REQUIRED[1:], *SIDE_COLUMNS])
    data.index = pd.to_datetime(bars.open_time, unit="ms", utc=True)
    return data, compute_every(bars)


def _compare(got, expected):
    assert np.array_equal(np.isnan(got), np.isnan(expected)), "known at other bars"
    assert not np.isnan(got).all(), "never known"
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * np.nanstd(expected))


@pytest.mark.parametrize("column", list(EXPECTED))
def test_equals_its_definition_in_pandas(table, column):
    data, frame = table
    _compare(frame.column(column), EXPECTED[column](data).to_numpy())


def _closed_bars(data, length, step):
    """Higher bars with the time at which they ended, those with too few bars left out."""
    groups = data.resample(length)
    higher = groups.agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
    higher = higher[groups.close.count() >= np.ceil(FULL_BAR * (length / step))]
    return higher, higher.index + length


@pytest.mark.parametrize("column", list(HIGHER))
def test_higher_clocks_show_the_last_closed_bar_of_a_pandas_resample(table, column):
    data, frame = table
    definition = HIGHER[column]
    step = pd.Timedelta(frame.timeframe.ms, "ms")
    higher, ends = _closed_bars(data, pd.Timedelta(features.get(column).every.ms, "ms"), step)
    known = definition(higher)
    place = np.searchsorted(ends, data.index + step, side="right") - 1
    expected = np.where(place >= 0, known.to_numpy()[place], np.nan)
    got = frame.column(column)
    if np.isnan(expected).all():
        assert np.isnan(got).all()
        assert len(higher) < 20, "only a few bars are too short for the column"
        return
    _compare(got, expected)


def test_a_planted_difference_is_found(walk):
    bars = walk(300)
    data = pl.DataFrame(bars.table).to_pandas()
    got = compute_features(bars, FeatureSet("one", ("return_1",))).column("return_1").copy()
    got[200] *= 1 + 1e-7
    with pytest.raises(AssertionError):
        _compare(got, PLAIN["return_1"](data).to_numpy())
