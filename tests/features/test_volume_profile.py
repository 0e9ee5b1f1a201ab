"""The volume profile against a histogram that is made anew for every bar."""

import numpy as np
import pytest
import talib

from alphaplus.core.bars import Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet

LEVELS = ("point_of_control", "value_area_low", "value_area_high", "nearest_volume_node")
PROFILE = FeatureSet("profile", (*LEVELS, "volume_node_strength"))
FORMS = FeatureSet("forms", ("point_of_control_distance", "nearest_volume_node_distance", "value_area_position"))
COVERED = frozenset(PROFILE.columns + FORMS.columns)
WINDOW = 240


def value_area(rows, control):
    """First and last row, grown by pairs from the point of control; outside of the rows there is nothing."""

    def pair(*places):
        return sum(rows[place] for place in places if 0 <= place < len(rows))

    low = high = control
    while pair(*range(low, high + 1)) < 0.7 * rows.sum():
        above, below = pair(high + 1, high + 2), pair(low - 1, low - 2)
        if np.isclose(above, below, rtol=1e-12, atol=1e-12 * rows.sum()):
            low, high = low - 2, high + 2
        elif above > below:
            high += 2
        else:
            low -= 2
    return max(low, 0), min(high, len(rows) - 1)


def nodes(rows):
    """Rows that hold the mean at least and top two rows on both sides."""
    padded = np.pad(rows, 2)
    found = []
    for place, volume in enumerate(rows):
        below, above = padded[place : place + 2], padded[place + 3 : place + 5]
        if volume >= rows.mean() and (below <= volume).all() and (above < volume).all():
            found.append(place)
    return np.array(found)


def profile(price, volume, close):
    """The five numbers of one window, the last bar being the present one."""
    if not volume.any():
        return (price[-1],) * 4 + (0.0,)
    span = max(np.ptp(price), price.max() * 2.0**-30)
    height = 2.0 ** np.ceil(np.log2(span / 32))
    place = np.floor(price / height + 0.5).astype(np.int64)
    first = place.min()
    rows = np.bincount(place - first, weights=volume)
    rows[rows < 1e-12 * volume.max()] = 0.0
    middle = (first + np.arange(len(rows))) * height
    control = int(np.flatnonzero(rows == rows.max())[-1])
    low, high = value_area(rows, control)
    found = nodes(rows)
    node = max(found, key=lambda place: (-abs(middle[place] - close), place))
    levels = middle[control], middle[low] - height / 2, middle[high] + height / 2, middle[node]
    return *np.clip(levels, price.min(), price.max()), 1 - rows.mean() / rows[node]


def typical(bars):
    return (bars.column("high") + bars.column("low") + bars.column("close")) / 3


def compare(bars):
    got = compute_features(bars, PROFILE).values
    price, volume, close = typical(bars), bars.column("volume"), bars.column("close")
    assert np.isnan(got[: WINDOW - 1]).all()
    for row in range(WINDOW - 1, len(bars)):
        window = slice(row - WINDOW + 1, row + 1)
        expected = profile(price[window], volume[window], close[row])
        np.testing.assert_allclose(got[row], expected, rtol=1e-9, atol=1e-12, err_msg=f"bar {row}")


def changed(frame, bars, **columns):
    table = {name: bars.column(name) for name in ("open", "high", "low", "close", "volume")}
    return frame(table | columns, timeframe=bars.timeframe)


@pytest.mark.parametrize("seed", [2, 9])
def test_levels_are_those_of_a_histogram_of_the_window(walk, seed):
    compare(walk(2_500, seed=seed))


def test_bursts_silence_and_days_without_volume_leave_nothing_behind(walk, frame):
    bars = walk(3_000, seed=5)
    volume = bars.column("volume").copy()
    volume[500:510] *= 1e9
    volume[900:1_400] = 0.0
    volume[1_450:1_460] *= 1e-9
    volume[2_000:2_400] = 7.0
    compare(changed(frame, bars, volume=volume))


def test_ranges_that_widen_and_narrow_are_divided_anew(frame):
    rng = np.random.default_rng(6)
    steps = rng.normal(0, 1, 3_000) * np.repeat([1e-5, 1e-2, 1e-4, 3e-2, 0.0, 1e-3], 500)
    close = 50 * np.exp(np.cumsum(steps))
    table = {"open": close, "high": close * 1.00001, "low": close / 1.00001, "close": close}
    compare(frame({**table, "volume": rng.lognormal(0, 1, 3_000)}))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "symbol", "timeframe"),
    [
        ("ohlcv/binance_usdm_1m_klines12/FILUSDT-1m-2024-10.csv.gz", "FILUSDT", Timeframe.M1),
        ("ohlcv/binance_spot_1d/BTCUSDT-1d-201708-202210.csv.gz", "BTCUSDT", Timeframe.D1),
    ],
)
def test_levels_of_recorded_bars(data_folder, path, symbol, timeframe):
    from alphaplus.market.read import read_bars

    compare(read_bars([data_folder / path], symbol=symbol, timeframe=timeframe, now=1_767_225_600_000).rows(0, 1_500))


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**27])
def test_the_profile_does_not_depend_on_the_units_of_price_and_volume(walk, frame, scale):
    bars = walk(1_000)
    prices = {name: bars.column(name) * scale for name in ("open", "high", "low", "close")}
    got = compute_features(changed(frame, bars, **prices, volume=bars.column("volume") / scale), PROFILE).values
    plain = compute_features(changed(frame, bars), PROFILE).values
    np.testing.assert_allclose(got[:, :4], plain[:, :4] * scale, rtol=1e-12)
    np.testing.assert_allclose(got[:, 4], plain[:, 4], rtol=1e-12)


def two_prices(frame, share, *, close=100.0):
    """A window traded evenly from 90 to 120, but `share` of the volume at 100 and a little less of the rest at 110."""
    price = np.concatenate([np.linspace(90, 120, WINDOW - 80), np.full(40, 100.0), np.full(39, 110.0), [close]])
    rest = (1 - share) / (WINDOW - 80)
    volume = np.concatenate([np.full(WINDOW - 80, rest), np.full(40, share / 40), np.full(39, share / 80), [1e-9]])
    return frame({"open": price, "high": price, "low": price, "close": price, "volume": volume})


def test_the_strength_of_a_node_measures_how_much_it_stands_out(frame):
    shares = (0.05, 0.2, 0.4, 0.6)
    strength = [
        compute_features(two_prices(frame, share), PROFILE).column("volume_node_strength")[-1] for share in shares
    ]
    assert strength == sorted(strength)
    assert strength[0] < 0.7 < strength[-1] < 1.0
    even = compute_features(two_prices(frame, 0.0), PROFILE).column("volume_node_strength")[-1]
    assert 0.0 <= even < 0.3


def test_the_nearest_node_is_the_one_by_the_close_and_control_the_strongest(frame):
    at_low, at_high = (compute_features(two_prices(frame, 0.4, close=close), PROFILE) for close in (101.0, 109.0))
    for got, level in ((at_low, 100.0), (at_high, 110.0)):
        assert abs(got.column("nearest_volume_node")[-1] - level) <= 1.0
        assert abs(got.column("point_of_control")[-1] - 100.0) <= 1.0
    assert at_low.column("volume_node_strength")[-1] > at_high.column("volume_node_strength")[-1]


def test_a_market_without_movement_has_one_price(flat, frame):
    bars = flat(400)
    for volume in (bars.column("volume"), np.ones(400)):
        still = changed(frame, bars, volume=volume)
        got, forms = compute_features(still, PROFILE).values[WINDOW:], compute_features(still, FORMS).values[WINDOW:]
        np.testing.assert_allclose(got[:, :4], 100.0, rtol=1e-9)
        assert (got[:, 4] == 0.0).all()
        np.testing.assert_allclose(forms, np.tile([0.0, 0.0, 0.5], (len(forms), 1)), atol=0.5)


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.real_data)], ids=["walk", "real candles"])
def test_the_forms_for_models_follow_from_the_levels(walk, real, request):
    bars = request.getfixturevalue("btc_1h").rows(20_000, 23_000) if real else walk(3_000)
    levels, forms = compute_features(bars, PROFILE), compute_features(bars, FORMS)
    close = bars.column("close")
    atr = talib.ATR(bars.column("high"), bars.column("low"), close, 14)
    for name in ("point_of_control", "nearest_volume_node"):
        expected = np.clip((close - levels.column(name)) / atr, -20, 20)
        np.testing.assert_allclose(forms.column(f"{name}_distance"), expected, rtol=1e-9, atol=1e-9)
    low, high = levels.column("value_area_low"), levels.column("value_area_high")
    expected = np.clip((close - low) / (high - low), -2, 3)
    np.testing.assert_allclose(forms.column("value_area_position"), expected, rtol=1e-9, atol=1e-9)
