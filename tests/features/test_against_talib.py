"""Our indicators against TA-Lib, bar by bar from the first value on.

Known deviations, where we decide otherwise: in a market without movement RSI, the stochastic and MFI read 50 and
Williams %R -50 (TA-Lib: 0); MFI also reads 50 where less than one unit of money flowed. KAMA, which is TA-Lib's own,
starts afresh with every segment of 1,024 bars from the 256 bars before it, so that it can be saved and resumed: see the
test of its segments. The parabolic SAR starts afresh likewise and shows nothing of it: within 256 bars it has turned,
and from its second turn on it is the same wherever it began.
"""

import numpy as np
import pytest
import talib

from alphaplus.features.compute import compute_features
from alphaplus.features.talib import LEAD, SEGMENT

pytestmark = pytest.mark.xdist_group("features")  # one worker compiles for all of them

CASES = {
    **{f"ema_{w}": (lambda o, h, low, c, v, w=w: talib.EMA(c, w)) for w in (9, 20, 50, 200)},
    **{f"sma_{w}": (lambda o, h, low, c, v, w=w: talib.SMA(c, w)) for w in (20, 50, 200)},
    **{f"rsi_{w}": (lambda o, h, low, c, v, w=w: talib.RSI(c, w)) for w in (7, 14)},
    "macd": lambda o, h, low, c, v: talib.MACD(c)[0],
    "macd_signal": lambda o, h, low, c, v: talib.MACD(c)[1],
    "macd_histogram": lambda o, h, low, c, v: talib.MACD(c)[2],
    "bollinger_upper": lambda o, h, low, c, v: talib.BBANDS(c, 20)[0],
    "bollinger_middle": lambda o, h, low, c, v: talib.BBANDS(c, 20)[1],
    "bollinger_lower": lambda o, h, low, c, v: talib.BBANDS(c, 20)[2],
    "stochastic_fast": lambda o, h, low, c, v: talib.STOCHF(h, low, c, 14, 1)[0],
    "stochastic_k": lambda o, h, low, c, v: talib.STOCHF(h, low, c, 14, 3)[1],
    "stochastic_d": lambda o, h, low, c, v: talib.STOCH(h, low, c, 14, 3, 0, 3)[1],
    "williams_r_14": lambda o, h, low, c, v: talib.WILLR(h, low, c, 14),
    "atr_14": lambda o, h, low, c, v: talib.ATR(h, low, c, 14),
    "adx_14": lambda o, h, low, c, v: talib.ADX(h, low, c, 14),
    "plus_di_14": lambda o, h, low, c, v: talib.PLUS_DI(h, low, c, 14),
    "minus_di_14": lambda o, h, low, c, v: talib.MINUS_DI(h, low, c, 14),
    "cci_20": lambda o, h, low, c, v: talib.CCI(h, low, c, 20),
    "mfi_14": lambda o, h, low, c, v: talib.MFI(h, low, c, v, 14),
    "roc_10": lambda o, h, low, c, v: talib.ROC(c, 10),
    "momentum_10": lambda o, h, low, c, v: talib.MOM(c, 10),
    "obv": lambda o, h, low, c, v: talib.OBV(c, v),
    "aroon_up_25": lambda o, h, low, c, v: talib.AROON(h, low, 25)[1],
    "aroon_down_25": lambda o, h, low, c, v: talib.AROON(h, low, 25)[0],
    "aroon_oscillator_25": lambda o, h, low, c, v: talib.AROONOSC(h, low, 25),
    "parabolic_sar": lambda o, h, low, c, v: talib.SAR(h, low, 0.02, 0.2),
    "trix_15": lambda o, h, low, c, v: talib.TRIX(c, 15),
    "ultimate_oscillator": lambda o, h, low, c, v: talib.ULTOSC(h, low, c),
    "typical_price": lambda o, h, low, c, v: talib.TYPPRICE(h, low, c),
    "linear_slope_20": lambda o, h, low, c, v: talib.LINEARREG_SLOPE(c, 20) / c,
    "linear_slope_50": lambda o, h, low, c, v: talib.LINEARREG_SLOPE(c, 50) / c,
}
FLAT = {"rsi_14": 50.0, "stochastic_fast": 50.0, "stochastic_d": 50.0, "williams_r_14": -50.0, "mfi_14": 50.0}
FLAT |= {"cci_20": 0.0, "adx_14": 0.0, "plus_di_14": 0.0, "macd": 0.0, "bollinger_width": 0.0}
FLAT |= {"bollinger_percent_b": 0.5, "range_position_20": 0.5, "cmf_20": 0.0, "volume_ratio": 1.0}


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def computed(request, walk):
    """Arrays open to volume of one stretch without long gaps, and our columns of it."""
    bars = walk(20_000) if request.param == "walk" else request.getfixturevalue("btc_1h")
    if request.param != "walk":
        long_gaps = np.flatnonzero(bars.missing_before > 24)
        bars = bars.rows(int(long_gaps[-1]), len(bars)) if len(long_gaps) else bars
        assert len(bars) > 20_000
    arrays = [bars.column(name) for name in ("open", "high", "low", "close", "volume")]
    return arrays, compute_features(bars, "all")


@pytest.mark.parametrize("column", list(CASES))
def test_agrees_with_talib_to_a_billionth(computed, column):
    arrays, frame = computed
    expected = CASES[column](*arrays)
    got = frame.column(column)
    assert np.array_equal(np.isnan(got), np.isnan(expected)), "first values differ"
    scale = np.nanmedian(np.abs(expected))  # a value near zero is compared with the usual size of its column
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("column", list(FLAT))
def test_reads_neutral_in_a_market_without_movement(column, flat):
    values = compute_features(flat(100), "all").column(column)
    assert values[-1] == FLAT[column]
    assert set(values[~np.isnan(values)]) == {FLAT[column]}


def test_mfi_breaks_no_ties_where_the_tick_is_known(walk):
    from dataclasses import replace

    bars = walk(3_000, tick=0.1)
    known = replace(bars, instrument=replace(bars.instrument, tick_size=0.1))
    got = compute_features(known, "all").column("mfi_14")
    high, low, close = (np.rint(bars.column(name) / 0.1).astype(int) for name in ("high", "low", "close"))
    sign = np.sign(np.diff(high + low + close))
    assert (sign == 0).any()
    price = (bars.column("high") + bars.column("low") + bars.column("close")) / 3
    flow = (price * bars.column("volume"))[1:] * sign
    windows = np.lib.stride_tricks.sliding_window_view(flow, 14)
    expected = 100 * np.maximum(windows, 0).sum(1) / np.abs(windows).sum(1)
    np.testing.assert_allclose(got[14:], expected, rtol=1e-9)


def test_kama_equals_talib_from_the_lead_of_each_segment_on(computed):
    """Exactly TA-Lib's on the segment and its lead; on the whole series wherever the seed no longer shows.

    KAMA keeps between 0.56 and 0.996 of the last value, by how straight the price runs, so what a segment starts from
    shows for some hundreds of bars: 1e-4 of the value at its first, under 1e-9 from its 512th bar on. The first segment
    has the seed of the whole series.
    """
    (_, _, _, close, _), frame = computed
    got, whole = frame.column("kama_30"), talib.KAMA(close, 30)
    grid = frame.open_time // frame.timeframe.ms
    starts = np.flatnonzero(np.diff(grid // SEGMENT, prepend=-1))
    place = np.arange(len(close)) - np.repeat(starts, np.diff(starts, append=len(close)))
    settled = (place >= SEGMENT // 2) | (np.arange(len(close)) < starts[1])
    assert settled.mean() > 0.4
    np.testing.assert_allclose(got[settled], whole[settled], rtol=1e-9)
    np.testing.assert_allclose(got, whole, rtol=1e-4)
    for start, stop in zip(starts, [*starts[1:], len(close)], strict=True):
        lead = max(start - LEAD, 0)
        np.testing.assert_allclose(got[start:stop], talib.KAMA(close[lead:stop], 30)[start - lead :], rtol=1e-9)
