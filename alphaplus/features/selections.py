"""The columns of the shipped sets, by category, in the order in which a matrix has them."""

PRICE = (
    *(f"return_{back}" for back in (1, 2, 3, 5, 10, 20, 50)),
    "gap",
    "body_ratio",
    "upper_wick_ratio",
    "lower_wick_ratio",
    "close_location",
    "range_ratio",
    "range_position_20",
    "range_position_50",
    "distance_to_high_20",
    "distance_to_low_20",
    "acceleration_5",
    "efficiency_ratio_10",
    *(f"close_to_ema_{window}" for window in (9, 20, 50, 200)),
)
TECHNICAL = (
    "rsi_7",
    "rsi_14",
    "macd_to_close",
    "macd_signal_to_close",
    "macd_histogram_to_close",
    "bollinger_width",
    "bollinger_percent_b",
    "stochastic_k",
    "stochastic_d",
    "atr_14_to_close",
    "adx_14",
    "plus_di_14",
    "minus_di_14",
    "cci_20",
    "mfi_14",
    "aroon_oscillator_25",
    "linear_slope_20",
    "parkinson_20",
    "garman_klass_20",
)
VOLUME = (
    "volume_ratio",
    "volume_change",
    "relative_volume",
    "close_to_vwap",
    "obv_slope_20",
    "cmf_20",
    "volume_flow_imbalance",
)
TIME = (
    "hour_of_day",
    "day_of_week",
    "minute_of_day_sin",
    "minute_of_day_cos",
    "day_of_week_sin",
    "day_of_week_cos",
    "month_sin",
    "month_cos",
    "session_asia",
    "session_europe",
    "session_us",
)
LAGGED = (
    *(f"log_return_1_lag_{back}" for back in (1, 2, 3, 5, 10)),
    *(f"rsi_14_lag_{back}" for back in (1, 3, 5)),
    *(f"volume_ratio_lag_{back}" for back in (1, 2, 3)),
)
ROLLING = (
    *(f"log_return_1_{name}_{window}" for window in (10, 20, 50) for name in ("mean", "std", "skew", "kurtosis")),
    "close_zscore_20",
    "close_rank_20",
    "volume_zscore_20",
)
HIGHER = ("h4_return", "h4_rsi_14", "h4_volume_ratio", "d1_return", "d1_volume_ratio")
LEAN = (
    *(f"return_{back}" for back in (1, 2, 3, 5, 10, 20)),
    "body_ratio",
    "close_location",
    "range_position_20",
    "close_to_ema_20",
    "close_to_ema_50",
    "rsi_14",
    "macd_histogram_to_close",
    "bollinger_percent_b",
    "atr_14_to_close",
    "adx_14",
    "volume_ratio",
    "volume_change",
    "minute_of_day_sin",
    "minute_of_day_cos",
    "log_return_1_std_20",
    "close_zscore_20",
)
CORE = (*PRICE, *TECHNICAL, *VOLUME, *TIME, *LAGGED, *ROLLING, *HIGHER)

# The volume analysis: price levels and running totals among them, so it is no input of models.
VOLUME_ANALYSIS = (
    *("volume_ratio", "volume_positioning_score", "order_book_imbalance", "vwap", "cumulative_volume_delta"),
    *("relative_volume", "volume_flow_imbalance"),
    *("ema_20", "ema_50", "ema_200", "atr_14", "obv", "rsi_14", "macd", "macd_signal", "macd_histogram"),
    *(f"{side}_depth_{band}" for side in ("bid", "ask") for band in ("0_5", "1_0", "2_0")),
    *("bid_ask_ratio", "spread_bps", "liquidity_score"),
    *("minute_of_day", "hour_of_day", "day_of_week", "is_session_open", "session_volatility"),
    *("h1_return", "h4_return", "d1_return", "h1_volume_ratio", "h4_volume_ratio", "d1_volume_ratio"),
    *("market_regime", "volatility_regime"),
    *("volume_pattern_type", "volume_pattern_confidence", "volume_breakout"),
    *("distance_to_support", "distance_to_resistance", "nearest_volume_node", "volume_node_strength"),
)

_WINDOWS = (5, 10, 20, 50)

_MORE_PRICE = (
    *(f"log_return_{back}" for back in (1, 2, 3, 5, 10, 20)),
    *(f"{name}_10" for name in ("range_position", "distance_to_high", "distance_to_low")),
    "distance_to_high_50",
    "distance_to_low_50",
    "acceleration_10",
    "efficiency_ratio_20",
    "candle_direction",
    "true_range_to_close",
    "consecutive_up",
    "consecutive_down",
)
_MORE_TECHNICAL = (
    *(f"close_to_sma_{window}" for window in (20, 50, 200)),
    "ema_9_to_ema_20",
    "ema_20_to_ema_50",
    "ema_50_to_ema_200",
    "sma_20_to_sma_50",
    "sma_50_to_sma_200",
    "trend",
    "trend_strength",
    *(f"roc_{back}" for back in (5, 10, 20)),
    "williams_r_14",
    "ultimate_oscillator",
    "trix_15",
    "aroon_up_25",
    "aroon_down_25",
    "linear_slope_50",
    "keltner_width",
    "keltner_position",
    "donchian_width",
    "supertrend_direction",
    "close_to_supertrend",
    "close_to_tenkan",
    "close_to_kijun",
    "tenkan_to_kijun",
    "close_to_cloud",
    "cloud_width",
    "chikou_to_close",
    "close_to_parabolic_sar",
    "choppiness_14",
    "mass_index_25",
    "atr_ratio_14_50",
)
_MORE_VOLATILITY = (
    "rogers_satchell_20",
    "yang_zhang_20",
    *(f"realised_volatility_{window}" for window in (5, 20, 50)),
    "volatility_ratio_5_20",
    "volatility_ratio_20_50",
    "volatility_of_volatility_20",
)
_MORE_VOLUME = (
    "volume_momentum_10",
    "volume_ema_ratio",
    "close_to_vwap_20",
    "vwap_band_position",
    "close_to_vwma_20",
    "volume_positioning_score",
    "volume_breakout",
    "volume_pattern_type",
    "volume_pattern_confidence",
    "volume_pattern_direction",
    "volume_score",
)
_FLOW = (
    "buy_ratio",
    "large_trade_share",
    "trade_count_ratio_20",
    "average_trade_size_ratio_20",
    "cvd_slope_20",
    "cvd_divergence_20",
)
_BOOK = (
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
)
_LEVELS = (
    "distance_to_support_atr",
    "distance_to_resistance_atr",
    "support_strength",
    "resistance_strength",
    "nearest_volume_node_distance",
    "volume_node_strength",
    "point_of_control_distance",
    "value_area_position",
)
_MORE_TIME = ("minute_of_day", "month", "is_session_open", "minutes_since_session_change", "session_volatility")
_MORE_LAGGED = (
    *(f"rsi_14_lag_{back}" for back in (2, 10)),
    *(f"volume_ratio_lag_{back}" for back in (5, 10)),
    *(f"{name}_lag_{back}" for back in (1, 3, 5) for name in ("macd_histogram_to_close", "bollinger_percent_b")),
    *(f"atr_14_to_close_lag_{back}" for back in (1, 3, 5)),
)
_MORE_ROLLING = (
    *(f"log_return_1_{name}_5" for name in ("mean", "std", "skew", "kurtosis")),
    *(f"log_return_1_{name}_{window}" for window in _WINDOWS for name in ("min", "max", "median", "rank", "zscore")),
    "close_rank_50",
    "close_zscore_50",
    "volume_rank_20",
    "volume_rank_50",
    "volume_zscore_50",
    "up_ratio_10",
    "up_ratio_20",
    "return_autocorrelation_20",
    "return_volume_correlation_20",
    *(f"max_{name}_{window}" for window in (10, 20) for name in ("drawdown", "run_up")),
)
_MORE_HIGHER = (
    *(f"h1_{name}" for name in ("return", "volume_ratio", "rsi_14")),
    "d1_rsi_14",
    *(f"{clock}_{name}" for clock in ("h1", "h4", "d1") for name in ("trend", "close_location", "range_ratio")),
)
_REGIME = (
    "market_regime",
    "volatility_regime",
    "regime",
    "bars_in_regime",
    "volatility_percentile",
    "bollinger_width_percentile",
)
_NOISE = (
    "bad_tick",
    "close_to_kalman",
    "kalman_slope",
    "close_to_median_11",
    "close_to_hampel_11",
    "close_to_savgol_11",
    "savgol_slope_11",
)
FULL = (
    *CORE,
    *_MORE_PRICE,
    *_MORE_TECHNICAL,
    *_MORE_VOLATILITY,
    *_MORE_VOLUME,
    *_FLOW,
    *_BOOK,
    *_LEVELS,
    *_MORE_TIME,
    *_MORE_LAGGED,
    *_MORE_ROLLING,
    *_MORE_HIGHER,
    *_REGIME,
    *_NOISE,
)
