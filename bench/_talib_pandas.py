"""The peer: the columns of `core` and `full` by TA-Lib, else by vectorised pandas and numpy, as good bots have them.

What has no vectorised form there is left out on both sides: see `WITHOUT`.
"""

import numpy as np
import pandas as pd
import talib

# Columns of `full` that TA-Lib, pandas and numpy cannot give without a loop in Python, or that need an order book.
WITHOUT = frozenset(
    [
        "supertrend_direction",
        "close_to_supertrend",
        "volume_pattern_type",
        "volume_pattern_confidence",
        "volume_pattern_direction",
        "volume_score",
        "volume_positioning_score",
        "market_regime",
        "volatility_regime",
        "regime",
        "bars_in_regime",
        "volatility_percentile",
        "bollinger_width_percentile",
        "trend_strength",
        "close_to_kalman",
        "kalman_slope",
        "bad_tick",
        "close_to_hampel_11",
        "minutes_since_session_change",
        "session_volatility",
        "max_drawdown_10",
        "max_run_up_10",
        "max_drawdown_20",
        "max_run_up_20",
        "distance_to_support_atr",
        "distance_to_resistance_atr",
        "nearest_volume_node_distance",
        "volume_node_strength",
        "point_of_control_distance",
        "value_area_position",
        "support_strength",
        "resistance_strength",
        "order_book_imbalance",
        "depth_imbalance_0_5",
        "depth_imbalance_2_0",
        "bid_ask_ratio",
        "depth_concentration",
        "depth_ratio_20",
        "spread_bps",
        "spread_ratio_20",
        "microprice_to_close",
        "liquidity_score",
        "large_trade_share",
    ]
)


def full(d):
    """The columns of `full` but those of WITHOUT; `d` has open to volume, trade_count and buy_volume."""
    out = core(d)
    _more_price(out, d)
    _more_technical(out, d)
    _more_volatility(out, d)
    _more_volume(out, d)
    _more_time(out, d.index)
    _more_rolling(out, d)
    _more_higher(out, d)
    return out


def core(d):
    """The columns of `core` by TA-Lib where it has the function, else by pandas and numpy; `d` is indexed by time."""
    o, h, low, c, v = (d[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    close, out = d["close"], {}
    for k in (1, 2, 3, 5, 10, 20, 50):
        out[f"return_{k}"] = talib.ROCP(c, k)
    span = h - low
    with np.errstate(divide="ignore", invalid="ignore"):
        out["gap"] = o / np.concatenate([[np.nan], c[:-1]]) - 1
        out["body_ratio"] = np.where(span > 0, (c - o) / span, 0.0)
        out["upper_wick_ratio"] = np.where(span > 0, (h - np.maximum(o, c)) / span, 0.0)
        out["lower_wick_ratio"] = np.where(span > 0, (np.minimum(o, c) - low) / span, 0.0)
        out["close_location"] = np.where(span > 0, ((c - low) - (h - c)) / span, 0.0)
    out["range_ratio"] = span / c
    for w in (20, 50):
        top, bottom = talib.MAX(h, w), talib.MIN(low, w)
        out[f"range_position_{w}"] = (c - bottom) / (top - bottom)
        if w == 20:
            out["distance_to_high_20"], out["distance_to_low_20"] = (c - top) / c, (c - bottom) / c
    five = talib.ROCP(c, 5)
    out["acceleration_5"] = five - np.concatenate([np.full(5, np.nan), five[:-5]])
    way = talib.SUM(np.abs(np.diff(c, prepend=c[0])), 10)
    out["efficiency_ratio_10"] = talib.MOM(c, 10) / way
    for w in (9, 20, 50, 200):
        out[f"close_to_ema_{w}"] = c / talib.EMA(c, w) - 1
    out["rsi_7"], out["rsi_14"] = talib.RSI(c, 7), talib.RSI(c, 14)
    for name, line in zip(("macd", "macd_signal", "macd_histogram"), talib.MACD(c), strict=True):
        out[f"{name}_to_close"] = line / c
    upper, middle, lower = talib.BBANDS(c, 20)
    out["bollinger_width"], out["bollinger_percent_b"] = (upper - lower) / middle, (c - lower) / (upper - lower)
    out["stochastic_k"], out["stochastic_d"] = talib.STOCH(h, low, c, 14, 3, 0, 3)
    out["atr_14_to_close"] = talib.ATR(h, low, c, 14) / c
    out["adx_14"] = talib.ADX(h, low, c, 14)
    out["plus_di_14"], out["minus_di_14"] = talib.PLUS_DI(h, low, c, 14), talib.MINUS_DI(h, low, c, 14)
    out["cci_20"] = talib.CCI(h, low, c, 20)
    out["mfi_14"] = talib.MFI(h, low, c, v, 14)
    out["aroon_oscillator_25"] = talib.AROONOSC(h, low, 25)
    out["linear_slope_20"] = talib.LINEARREG_SLOPE(c, 20) / c
    _peer_volatility(out, o, h, low, c)
    _peer_volume(out, d, h, low, c, v)
    _peer_time(out, d.index)
    change = np.log(close / close.shift(1))
    for k in (1, 2, 3, 5, 10):
        out[f"log_return_1_lag_{k}"] = change.shift(k).to_numpy()
    rsi, ratio = pd.Series(out["rsi_14"]), pd.Series(out["volume_ratio"])
    for k in (1, 3, 5):
        out[f"rsi_14_lag_{k}"] = rsi.shift(k).to_numpy()
    for k in (1, 2, 3):
        out[f"volume_ratio_lag_{k}"] = ratio.shift(k).to_numpy()
    for w in (10, 20, 50):
        rolling = change.rolling(w)
        out[f"log_return_1_mean_{w}"], out[f"log_return_1_std_{w}"] = rolling.mean(), rolling.std()
        out[f"log_return_1_skew_{w}"], out[f"log_return_1_kurtosis_{w}"] = rolling.skew(), rolling.kurt()
    out["close_zscore_20"] = (c - talib.SMA(c, 20)) / talib.STDDEV(c, 20)
    out["close_rank_20"] = (close.rolling(20).rank() - 1) / 19
    out["volume_zscore_20"] = (v - talib.SMA(v, 20)) / talib.STDDEV(v, 20)
    _peer_higher(out, d)
    return out


def _peer_volatility(out, o, h, low, c):
    up, down, move = np.log(h / o), np.log(low / o), np.log(c / o)
    span = (up - down) ** 2
    out["parkinson_20"] = np.sqrt(talib.SMA(span / (4 * np.log(2)), 20))
    out["garman_klass_20"] = np.sqrt(talib.SMA(0.5 * span - (2 * np.log(2) - 1) * move**2, 20))


def _peer_volume(out, d, h, low, c, v):
    total = talib.SUM(v, 20)
    out["volume_ratio"] = v * 20 / total
    before = np.concatenate([[np.nan], v[:-1]])
    out["volume_change"] = (v - before) / (v + before)
    out["relative_volume"] = v / _usual(v, d.index)
    typical = (h + low + c) / 3
    day = d.index.floor("D")
    money, volume = pd.Series(typical * v).groupby(day).cumsum(), pd.Series(v).groupby(day).cumsum()
    out["close_to_vwap"] = c / (money / volume).to_numpy() - 1
    out["obv_slope_20"] = talib.LINEARREG_SLOPE(talib.OBV(c, v), 20) / (total / 20)
    with np.errstate(divide="ignore", invalid="ignore"):
        flow = np.where(h > low, v * ((c - low) - (h - c)) / (h - low), 0.0)
    out["cmf_20"] = talib.SUM(flow, 20) / total
    out["volume_flow_imbalance"] = talib.SUM(np.sign(np.diff(c, prepend=c[0])) * v, 20) / total


def _usual(v, index):
    """Exponential mean of the volume of a minute of the day over the days before, on a table of days by minutes."""
    step = (index[1] - index[0]) // pd.Timedelta("1min")
    width = 1440 // step
    first = (index[0].hour * 60 + index[0].minute) // step
    days = np.full(-(-(first + len(v)) // width) * width, np.nan)
    days[first : first + len(v)] = v
    usual = pd.DataFrame(days.reshape(-1, width)).ewm(alpha=1 / 20, adjust=False).mean().shift(1)
    return usual.to_numpy().reshape(-1)[first : first + len(v)]


def _peer_time(out, index):
    minute, weekday, month = index.hour * 60 + index.minute, index.day_of_week, index.month
    out["hour_of_day"], out["day_of_week"] = index.hour.to_numpy(), weekday.to_numpy()
    for name, angle in (
        ("minute_of_day", minute / 1440),
        ("day_of_week", weekday / 7),
        ("month", (month - 1) / 12),
    ):
        out[f"{name}_sin"] = np.sin(2 * np.pi * angle.to_numpy())
        out[f"{name}_cos"] = np.cos(2 * np.pi * angle.to_numpy())
    hours = {"asia": ("Asia/Tokyo", 540, 930), "europe": ("Europe/London", 480, 990), "us": ("US/Eastern", 570, 960)}
    for name, (zone, start, end) in hours.items():
        local = index.tz_convert(zone)
        at = local.hour * 60 + local.minute
        out[f"session_{name}"] = ((local.day_of_week < 5) & (at >= start) & (at < end)).astype(float)


def _peer_higher(out, d):
    for prefix, every in (("h4", "4h"), ("d1", "1D")):
        bars = d.resample(every).agg({"close": "last", "volume": "sum"})
        close, volume = bars["close"].to_numpy(), bars["volume"].to_numpy()
        columns = {"return": talib.ROCP(close, 1), "volume_ratio": volume * 20 / talib.SUM(volume, 20)}
        if prefix == "h4":
            columns["rsi_14"] = talib.RSI(close, 14)
        known = bars.index + pd.Timedelta(every) - pd.Timedelta("1h")  # the hour that completes it
        for name, values in columns.items():
            series = pd.Series(values, known)
            out[f"{prefix}_{name}"] = series.reindex(d.index, method="ffill").to_numpy()


def _lag(values, back):
    return np.concatenate([np.full(back, np.nan), values[:-back]])


def _more_price(out, d):
    o, h, low, c = (d[name].to_numpy() for name in ("open", "high", "low", "close"))
    log_close = np.log(c)
    for k in (1, 2, 3, 5, 10, 20):
        out[f"log_return_{k}"] = log_close - _lag(log_close, k)
    for w in (10, 50):
        top, bottom = talib.MAX(h, w), talib.MIN(low, w)
        out[f"range_position_{w}"] = (c - bottom) / (top - bottom)
        out[f"distance_to_high_{w}"], out[f"distance_to_low_{w}"] = (c - top) / c, (c - bottom) / c
    ten = talib.ROCP(c, 10)
    out["acceleration_10"] = ten - _lag(ten, 10)
    out["efficiency_ratio_20"] = talib.MOM(c, 20) / talib.SUM(np.abs(np.diff(c, prepend=c[0])), 20)
    out["candle_direction"] = np.sign(c - o)
    out["true_range_to_close"] = talib.TRANGE(h, low, c) / c
    for name, moved in (("up", np.diff(c, prepend=np.nan) > 0), ("down", np.diff(c, prepend=np.nan) < 0)):
        places = np.arange(len(c))
        out[f"consecutive_{name}"] = np.minimum(places - np.maximum.accumulate(np.where(moved, 0, places)), 10)


def _more_technical(out, d):
    h, low, c = (d[name].to_numpy() for name in ("high", "low", "close"))
    ema = {w: talib.EMA(c, w) for w in (9, 20, 50, 200)}
    sma = {w: talib.SMA(c, w) for w in (20, 50, 200)}
    for w, line in sma.items():
        out[f"close_to_sma_{w}"] = c / line - 1
    out["ema_9_to_ema_20"], out["ema_20_to_ema_50"] = ema[9] / ema[20] - 1, ema[20] / ema[50] - 1
    out["ema_50_to_ema_200"] = ema[50] / ema[200] - 1
    out["sma_20_to_sma_50"], out["sma_50_to_sma_200"] = sma[20] / sma[50] - 1, sma[50] / sma[200] - 1
    atr = {w: talib.ATR(h, low, c, w) for w in (10, 14, 50)}
    out["trend"] = (ema[20] - ema[50]) / atr[14]
    out["atr_ratio_14_50"] = atr[14] / atr[50]
    for k in (5, 10, 20):
        out[f"roc_{k}"] = talib.ROC(c, k)
    out["williams_r_14"] = talib.WILLR(h, low, c, 14)
    out["ultimate_oscillator"] = talib.ULTOSC(h, low, c)
    out["trix_15"] = talib.TRIX(c, 15)
    out["aroon_down_25"], out["aroon_up_25"] = talib.AROON(h, low, 25)
    out["linear_slope_50"] = talib.LINEARREG_SLOPE(c, 50) / c
    out["keltner_width"] = 4 * atr[10] / ema[20]
    out["keltner_position"] = 0.5 + 0.25 * (c - ema[20]) / atr[10]
    top, bottom = talib.MAX(h, 20), talib.MIN(low, 20)
    out["donchian_width"] = (top - bottom) / c
    middle = {w: 0.5 * (talib.MAX(h, w) + talib.MIN(low, w)) for w in (9, 26, 52)}
    out["close_to_tenkan"], out["close_to_kijun"] = (c - middle[9]) / c, (c - middle[26]) / c
    out["tenkan_to_kijun"] = (middle[9] - middle[26]) / c
    fast, slow = _lag(0.5 * (middle[9] + middle[26]), 26), _lag(middle[52], 26)
    upper, lower = np.maximum(fast, slow), np.minimum(fast, slow)
    out["close_to_cloud"] = (np.maximum(c - upper, 0) + np.minimum(c - lower, 0)) / c
    out["cloud_width"] = (fast - slow) / c
    out["chikou_to_close"] = c / _lag(c, 26) - 1
    out["close_to_parabolic_sar"] = c / talib.SAR(h, low, 0.02, 0.2) - 1
    span = talib.MAX(h, 14) - talib.MIN(low, 14)
    out["choppiness_14"] = 100 * np.log(talib.SUM(talib.TRANGE(h, low, c)[1:], 14) / span[1:]) / np.log(14)
    out["choppiness_14"] = np.concatenate([[np.nan], out["choppiness_14"]])
    once = talib.EMA(h - low, 9)
    twice = np.concatenate([np.full(8, np.nan), talib.EMA(once[8:], 9)])
    widening = once / twice
    out["mass_index_25"] = np.concatenate([np.full(16, np.nan), talib.SUM(widening[16:], 25)])


def _more_volatility(out, d):
    o, h, low, c = (d[name].to_numpy() for name in ("open", "high", "low", "close"))
    up, down, move = np.log(h / o), np.log(low / o), np.log(c / o)
    inside = talib.SMA(up * (up - move) + down * (down - move), 20)
    out["rogers_satchell_20"] = np.sqrt(inside)
    gap = np.log(o / _lag(c, 1))
    k = 0.34 / (1.34 + 21 / 19)
    gaps = np.concatenate([[np.nan], talib.VAR(gap[1:], 20)]) * 20 / 19
    out["yang_zhang_20"] = np.sqrt(gaps + k * talib.VAR(move, 20) * 20 / 19 + (1 - k) * inside)
    change = np.diff(np.log(c))
    realised = {w: np.concatenate([[np.nan], np.sqrt(talib.SMA(change**2, w))]) for w in (5, 20, 50)}
    for w, values in realised.items():
        out[f"realised_volatility_{w}"] = values
    out["volatility_ratio_5_20"], out["volatility_ratio_20_50"] = (
        realised[5] / realised[20],
        realised[20] / realised[50],
    )
    known = realised[20][20:]
    spread = talib.STDDEV(known, 20) / talib.SMA(known, 20)
    out["volatility_of_volatility_20"] = np.concatenate([np.full(20, np.nan), spread])


def _more_volume(out, d):
    h, low, c, v = (d[name].to_numpy() for name in ("high", "low", "close", "volume"))
    late = talib.SUM(v, 10)
    early = _lag(late, 10)
    out["volume_momentum_10"] = (late - early) / (late + early)
    series = d["volume"]
    fast, slow = (series.ewm(span=w, adjust=False).mean() for w in (12, 26))
    out["volume_ema_ratio"] = (fast / slow).to_numpy()
    total, typical = talib.SUM(v, 20), (h + low + c) / 3
    out["close_to_vwap_20"] = c / (talib.SUM(typical * v, 20) / total) - 1
    out["close_to_vwma_20"] = c / (talib.SUM(c * v, 20) / total) - 1
    day = d.index.floor("D")
    sums = pd.DataFrame({"v": v, "pv": typical * v, "ppv": typical**2 * v}).groupby(day).cumsum()
    mean = sums["pv"] / sums["v"]
    spread = np.sqrt(np.maximum(sums["ppv"] / sums["v"] - mean**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        out["vwap_band_position"] = np.clip(((c - mean) / spread).to_numpy(), -10, 10)
    prior = _lag(talib.MAX(h, 20), 1), _lag(talib.MIN(low, 20), 1)
    surge = v > 1.5 * _lag(talib.SMA(v, 20), 1)
    out["volume_breakout"] = (surge & ((c > prior[0]) | (c < prior[1]))).astype(float)
    count, buys = d["trade_count"].to_numpy(), d["buy_volume"].to_numpy()
    out["buy_ratio"] = buys / v
    trades = talib.SUM(count, 20)
    out["trade_count_ratio_20"] = count * 20 / trades
    out["average_trade_size_ratio_20"] = v / count / (total / trades)
    delta = np.cumsum(2 * buys - v)
    out["cvd_slope_20"] = talib.LINEARREG_SLOPE(delta, 20) / (total / 20)
    place = [(x - talib.MIN(x, 20)) / (talib.MAX(x, 20) - talib.MIN(x, 20)) for x in (delta, c)]
    out["cvd_divergence_20"] = place[0] - place[1]


def _more_time(out, index):
    out["minute_of_day"], out["month"] = (index.hour * 60 + index.minute).to_numpy(), index.month.to_numpy()
    out["is_session_open"] = np.maximum.reduce([out[f"session_{name}"] for name in ("asia", "europe", "us")])


def _more_rolling(out, d):
    close, volume = d["close"], d["volume"]
    change = np.log(close / close.shift(1))
    for name, back in (("rsi_14", (2, 10)), ("volume_ratio", (5, 10))):
        for k in back:
            out[f"{name}_lag_{k}"] = _lag(out[name], k)
    for name in ("macd_histogram_to_close", "bollinger_percent_b", "atr_14_to_close"):
        for k in (1, 3, 5):
            out[f"{name}_lag_{k}"] = _lag(out[name], k)
    rolling = change.rolling(5)
    out["log_return_1_mean_5"], out["log_return_1_std_5"] = rolling.mean().to_numpy(), rolling.std().to_numpy()
    out["log_return_1_skew_5"], out["log_return_1_kurtosis_5"] = rolling.skew().to_numpy(), rolling.kurt().to_numpy()
    values = change.to_numpy()[1:]
    for w in (5, 10, 20, 50):
        out[f"log_return_1_min_{w}"] = np.concatenate([[np.nan], talib.MIN(values, w)])
        out[f"log_return_1_max_{w}"] = np.concatenate([[np.nan], talib.MAX(values, w)])
        rolling = change.rolling(w)
        out[f"log_return_1_median_{w}"] = rolling.median().to_numpy()
        out[f"log_return_1_rank_{w}"] = ((rolling.rank() - 1) / (w - 1)).to_numpy()
        zscore = (values - talib.SMA(values, w)) / talib.STDDEV(values, w)
        out[f"log_return_1_zscore_{w}"] = np.concatenate([[np.nan], zscore])
    c, v = close.to_numpy(), volume.to_numpy()
    out["close_rank_50"] = ((close.rolling(50).rank() - 1) / 49).to_numpy()
    for w in (20, 50):
        out[f"volume_rank_{w}"] = ((volume.rolling(w).rank() - 1) / (w - 1)).to_numpy()
    out["close_zscore_50"] = (c - talib.SMA(c, 50)) / talib.STDDEV(c, 50)
    out["volume_zscore_50"] = (v - talib.SMA(v, 50)) / talib.STDDEV(v, 50)
    ups = 0.5 * (1 + np.sign(np.diff(c)))
    for w in (10, 20):
        out[f"up_ratio_{w}"] = np.concatenate([[np.nan], talib.SMA(ups, w)])
    out["return_autocorrelation_20"] = np.concatenate([[np.nan, np.nan], talib.CORREL(values[1:], values[:-1], 20)])
    volume_change = out["volume_change"][1:]
    out["return_volume_correlation_20"] = np.concatenate([[np.nan], talib.CORREL(values, volume_change, 20)])
    out["close_to_median_11"] = (close / close.rolling(11).median() - 1).to_numpy()
    level, slope = _savitzky_golay(11)
    smooth = np.concatenate([np.full(10, np.nan), np.convolve(c, level, mode="valid")])
    out["close_to_savgol_11"] = c / smooth - 1
    out["savgol_slope_11"] = np.concatenate([np.full(10, np.nan), np.convolve(c, slope, mode="valid")]) / c


def _savitzky_golay(window):
    from scipy.signal import savgol_coeffs

    at = {"polyorder": 3, "pos": window - 1}
    return savgol_coeffs(window, **at), savgol_coeffs(window, deriv=1, **at)


def _more_higher(out, d):
    for prefix, every in (("h1", "1h"), ("h4", "4h"), ("d1", "1D")):
        named = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        bars = d.resample(every).agg(named)
        h, low, c, v = (bars[name].to_numpy() for name in ("high", "low", "close", "volume"))
        columns = {
            "return": talib.ROCP(c, 1),
            "volume_ratio": v * 20 / talib.SUM(v, 20),
            "rsi_14": talib.RSI(c, 14),
            "trend": (talib.EMA(c, 20) - talib.EMA(c, 50)) / talib.ATR(h, low, c, 14),
            "close_location": ((c - low) - (h - c)) / (h - low),
            "range_ratio": (h - low) / c,
        }
        known = bars.index + pd.Timedelta(every) - (d.index[1] - d.index[0])  # the bar that completes it
        for name, values in columns.items():
            series = pd.Series(values, known)
            out[f"{prefix}_{name}"] = series.reindex(d.index, method="ffill").to_numpy()
