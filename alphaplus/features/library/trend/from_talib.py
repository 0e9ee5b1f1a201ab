"""Trend indicators taken from TA-Lib as they are."""

from alphaplus.features.talib import talib_feature

talib_feature(
    "KAMA",
    inputs=("close",),
    outputs=("kama_30",),
    options={"timeperiod": 30},
    warmup=31,
    group="trend",
    unit="price",
    description="Kaufman's adaptive moving average of the close.",
)
talib_feature(
    "SAR",
    inputs=("high", "low"),
    outputs=("parabolic_sar",),
    options={"acceleration": 0.02, "maximum": 0.2},
    warmup=2,
    group="trend",
    unit="price",
    description="Wilder's parabolic stop and reverse.",
)
talib_feature(
    "TRIX",
    inputs=("close",),
    outputs=("trix_15",),
    options={"timeperiod": 15},
    warmup=44,
    group="trend",
    unit="percent a bar",
    description="Rate of change of a triple exponential average of the close.",
)
