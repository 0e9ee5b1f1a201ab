"""Momentum indicators taken from TA-Lib as they are."""

from alphaplus.features.talib import talib_feature

talib_feature(
    "ULTOSC",
    inputs=("high", "low", "close"),
    outputs=("ultimate_oscillator",),
    options={"timeperiod1": 7, "timeperiod2": 14, "timeperiod3": 28},
    warmup=29,
    group="momentum",
    unit="points in [0, 100]",
    description="Williams' ultimate oscillator over three windows.",
)
