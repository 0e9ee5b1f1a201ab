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
