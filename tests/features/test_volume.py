"""Volume, order-flow and order-book columns, against pandas and plain loops, and for what they claim to measure."""

from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet

NEAR = "ohlcv/binance_usdm_1m_klines12/NEARUSDT-1m-2023-08.csv.gz"
NOW = 1_767_225_600_000
BANDS = ("0_5", "1_0", "2_0")


def with_columns(bars, columns):
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**columns))


def made_up_book(bars, seed):
    """Depths that grow with the distance, and a spread, some of them 0."""
    rng, n = np.random.default_rng(seed), len(bars)
    depths = {}
    for side in ("bid", "ask"):
        layers = rng.lognormal(2, 1, (3, n)) * (rng.random((3, n)) > 0.2)
        depths |= {f"{side}_depth_{band}": size for band, size in zip(BANDS, np.cumsum(layers, axis=0), strict=True)}
    return {**depths, "spread_bps": rng.exponential(2, n) * (rng.random(n) > 0.05)}


def walk_with_flow(walk):
    bars = walk(1_500)
    rng, volume = np.random.default_rng(8), bars.column("volume") * (np.random.default_rng(9).random(1_500) > 0.05)
    flow = {"buy_volume": volume * rng.random(1_500), "largest_trade": volume * rng.random(1_500)}
    count = np.ceil(volume * rng.lognormal(0, 0.3, 1_500))
    return with_columns(bars, {"volume": volume, **flow, "trade_count": count, **made_up_book(bars, 10)})


def recorded_minutes(data_folder: Path):
    from alphaplus.market.read import read_bars

    bars = read_bars([data_folder / NEAR], symbol="NEARUSDT", timeframe=Timeframe.M1, now=NOW).rows(0, 5_000)
    largest = bars.column("volume") * np.random.default_rng(11).random(len(bars))  # bars do not tell it
    return with_columns(bars, {"largest_trade": largest, **made_up_book(bars, 12)})


@pytest.fixture(scope="module", params=["walk", pytest.param("recorded", marks=pytest.mark.real_data)])
def table(request, walk, compute_every):
    """Bars as a pandas table, and our columns beside them."""
    bars = walk_with_flow(walk) if request.param == "walk" else recorded_minutes(request.getfixturevalue("data_folder"))
    return bars.table.to_pandas(), compute_every(bars)


def _mean(series, window=20):
    return series.rolling(window).mean()


def _place(series, window=20):
    low, high = series.rolling(window).min(), series.rolling(window).max()
    return ((series - low) / (high - low)).where(high > low, 0.5).where(low.notna())


def _positioning(d, window=20):
    middle, out = (d.high + d.low) / 2, np.full(len(d), np.nan)
    for t in range(window - 1, len(d)):
        part = slice(t - window + 1, t + 1)
        volume, place = d.volume[part].to_numpy(), np.sign(d.close[t] - middle[part].to_numpy())
        out[t] = 0.5 if volume.sum() == 0 else np.average((place + 1) / 2, weights=volume)
    return out


def _momentum(d, window=10):
    late = d.volume.rolling(window).sum()
    return (late - late.shift(window)) / (late + late.shift(window))


def _ema_ratio(d):
    fast, slow = (d.volume.ewm(span=span, adjust=False).mean() for span in (12, 26))
    return (fast / slow).where(np.arange(len(d)) >= 25)


def _mean_trade(d, window=20):
    with np.errstate(all="ignore"):
        here = d.volume / d.trade_count
        usual = d.volume.rolling(window).sum() / d.trade_count.rolling(window).sum()
    return (here / usual).where(d.trade_count > 0, 1.0).where(usual.notna())


def _slope(series, window=20):
    return series.rolling(window).apply(lambda y: np.polyfit(np.arange(window), y, 1)[0], raw=True)


def _cvd(d):
    """Running total, 0 before the first change, which the second bar brings."""
    return (2 * d.buy_volume - d.volume).where(np.arange(len(d)) > 0, 0.0).cumsum()


def _both(d, band):
    return d[f"bid_depth_{band}"], d[f"ask_depth_{band}"]


def _imbalance(d, band):
    bid, ask = _both(d, band)
    return ((bid - ask) / (bid + ask)).where(bid + ask > 0, 0.0)


def _bid_ask(d):
    bid, ask = _both(d, "1_0")
    with np.errstate(all="ignore"):
        return (bid / ask).clip(0.01, 100).where(bid + ask > 0, 1.0)


def _depth_ratio(d):
    depth = sum(_both(d, "1_0"))
    return depth / _mean(depth)


def _liquidity(d):
    depth, spread = _depth_ratio(d), d.spread_bps / _mean(d.spread_bps)
    return (depth / (1 + depth) + 1 / (1 + spread)) / 2


def _prior(d, what, window=20):
    return {
        "high": d.high.rolling(window).max(),
        "low": d.low.rolling(window).min(),
        "range": _mean(d.high - d.low),
        "volume": _mean(d.volume),
    }[what].shift(1)


def _breakout(d):
    beyond = (d.close > _prior(d, "high")) | (d.close < _prior(d, "low"))
    enough = d.volume >= 1.5 * _prior(d, "volume")
    return (beyond & enough).astype(float).where(_prior(d, "high").notna())


EXPECTED = {
    "volume_positioning_score": _positioning,
    "volume_momentum_10": _momentum,
    "volume_ema_ratio": _ema_ratio,
    "trade_count_ratio_20": lambda d: d.trade_count / _mean(d.trade_count),
    "average_trade_size_ratio_20": _mean_trade,
    "buy_ratio": lambda d: (d.buy_volume / d.volume).fillna(0.5),
    "taker_imbalance": lambda d: ((2 * d.buy_volume - d.volume) / d.volume).fillna(0.0),
    "large_trade_share": lambda d: (d.largest_trade / d.volume).fillna(0.0),
    "cvd_slope_20": lambda d: _slope(_cvd(d)) / _mean(d.volume),
    "cvd_divergence_20": lambda d: _place(_cvd(d)) - _place(d.close),
    "bid_ask_ratio": _bid_ask,
    "depth_imbalance_0_5": lambda d: _imbalance(d, "0_5"),
    "depth_imbalance_2_0": lambda d: _imbalance(d, "2_0"),
    "depth_concentration": lambda d: (sum(_both(d, "0_5")) / sum(_both(d, "2_0"))).fillna(0.0),
    "depth_ratio_20": _depth_ratio,
    "liquidity_score": _liquidity,
    "book_depth": lambda d: sum(_both(d, "1_0")),
    "trade_count_sum_20": lambda d: d.trade_count.rolling(20).sum(),
    "bar_range": lambda d: d.high - d.low,
    "bar_middle": lambda d: d[["high", "low"]].mean(axis=1),
    "prior_high_20": lambda d: _prior(d, "high"),
    "prior_low_20": lambda d: _prior(d, "low"),
    "prior_bar_range_20": lambda d: _prior(d, "range"),
    "prior_volume_20": lambda d: _prior(d, "volume"),
    "volume_surge_20": lambda d: (d.volume / _prior(d, "volume")).clip(upper=100),
    "volume_contraction_5": lambda d: _mean(d.volume, 5) / _prior(d, "volume"),
    "range_contraction_5": lambda d: _mean(d.high - d.low, 5) / _prior(d, "range"),
    "net_move_20": lambda d: d.close.diff(20) / _prior(d, "range"),
    "volume_breakout": _breakout,
}
# pandas carries a sum along and loses digits with it; a slope of a total loses those of the total
COVERED = frozenset(EXPECTED)
LOOSE = {"cvd_slope_20": 1e-7, "cvd_divergence_20": 1e-7}  # the oracle's own running total loses digits


@pytest.mark.parametrize("column", EXPECTED)
def test_agrees_with_an_independent_computation(column, table):
    data, frame = table
    expected, got = np.asarray(EXPECTED[column](data), dtype=float), frame.column(column)
    assert np.isfinite(got).sum() > 1_000
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=LOOSE.get(column, 1e-9), atol=LOOSE.get(column, 1e-9))


def still(count, **columns):
    """Bars around 100 that all trade 10, apart from the columns given."""
    price = np.full(count, 100.0)
    return {
        "open": price,
        "high": price + 1,
        "low": price - 1,
        "close": price,
        "volume": np.full(count, 10.0),
    } | columns


def last(frame, columns, *names):
    """The last value of each named column."""
    got = compute_features(frame(columns), FeatureSet("asked", names))
    return got.values[-1].tolist() if len(names) > 1 else float(got.values[-1, 0])


class TestPositioning:
    """Where the volume was traded, seen from the close."""

    def score(self, frame, prices, volume, close):
        prices = np.append(prices, close)
        flat = dict.fromkeys(("open", "high", "low", "close"), prices)
        return last(frame, {**flat, "volume": np.append(volume, 0.0)}, "volume_positioning_score")

    def test_a_close_above_all_that_was_traded_reads_one_and_below_it_zero(self, frame):
        prices, volume = np.linspace(90, 110, 19), np.full(19, 5.0)
        assert self.score(frame, prices, volume, 111.0) == 1.0
        assert self.score(frame, prices, volume, 89.0) == 0.0

    def test_it_is_the_share_of_the_volume_below(self, frame):
        prices = np.where(np.arange(19) < 10, 95.0, 105.0)
        volume = np.where(np.arange(19) < 10, 3.0, 30.0 / 9)  # as much below as above
        assert self.score(frame, prices, volume, 100.0) == pytest.approx(0.5)
        assert self.score(frame, prices, volume * np.where(prices < 100, 3, 1), 100.0) == pytest.approx(0.75)

    def test_what_was_traded_at_the_close_itself_counts_by_half(self, frame):
        assert self.score(frame, np.full(19, 100.0), np.full(19, 1.0), 100.0) == 0.5

    def test_no_volume_reads_the_middle(self, frame):
        assert self.score(frame, np.linspace(90, 110, 19), np.zeros(19), 111.0) == 0.5

    def test_units_of_price_and_volume_do_not_matter(self, walk):
        bars = walk(300)
        scaled = {name: bars.column(name) * 1024.0 for name in ("open", "high", "low", "close", "volume")}
        asked = FeatureSet("score", ("volume_positioning_score",))
        same = compute_features(with_columns(bars, scaled), asked).values
        np.testing.assert_array_equal(same, compute_features(bars, asked).values)


class TestLiquidity:
    """More depth and a narrower spread are more liquid, in any unit."""

    def score(self, frame, depth=1.0, spread=1.0, unit=1.0):
        """The score when the last bar's depth and spread are so many times the usual."""
        usual = np.ones(30)
        book = {name: np.append(usual, depth) * 8.0 * unit for name in ("bid_depth_1_0", "ask_depth_1_0")}
        columns = still(31, **book, spread_bps=np.append(usual, spread) * 2.0 * unit)
        return last(frame, columns, "liquidity_score")

    def test_a_usual_book_reads_a_half(self, frame):
        assert self.score(frame) == pytest.approx(0.5)

    def test_it_rises_with_depth(self, frame):
        scores = [self.score(frame, depth=depth) for depth in (0.0, 0.1, 0.5, 1.0, 2.0, 10.0, 1e9)]
        assert scores == sorted(scores)
        assert len(set(scores)) == len(scores)

    def test_it_falls_as_the_spread_widens(self, frame):
        scores = [self.score(frame, spread=spread) for spread in (0.0, 0.1, 0.5, 1.0, 2.0, 10.0, 1e9)]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == len(scores)

    def test_it_stays_between_zero_and_one(self, frame):
        assert 0.0 <= self.score(frame, depth=0.0, spread=1e12) < 0.1
        assert 0.9 < self.score(frame, depth=1e12, spread=0.0) <= 1.0

    def test_units_do_not_matter(self, frame):
        assert self.score(frame, 3.0, 0.3) == pytest.approx(self.score(frame, 3.0, 0.3, unit=1e6), rel=1e-12)

    def test_without_a_book_there_is_no_score(self, frame):
        assert np.isnan(last(frame, still(40), "liquidity_score"))


@pytest.mark.parametrize(
    ("bid", "ask", "ratio", "imbalance"),
    [
        (0.0, 0.0, 1.0, 0.0),
        (5.0, 0.0, 100.0, 1.0),
        (0.0, 5.0, 0.01, -1.0),
        (6.0, 3.0, 2.0, 1 / 3),
        (1e-9, 5.0, 0.01, -1.0),
    ],
)
def test_empty_sides_of_the_book_keep_their_bounds(frame, bid, ask, ratio, imbalance):
    book = {f"{side}_depth_{band}": np.full(3, size) for side, size in (("bid", bid), ("ask", ask)) for band in BANDS}
    names = ("bid_ask_ratio", "order_book_imbalance", "depth_imbalance_0_5", "depth_imbalance_2_0")
    assert last(frame, still(3, **book), *names) == pytest.approx([ratio, imbalance, imbalance, imbalance])


def test_cvd_that_falls_while_the_price_rises_diverges_downwards(frame):
    close = 100 + np.arange(25.0)
    columns = still(25, open=close, high=close + 1, low=close - 1, close=close)
    falling = last(frame, columns | {"buy_volume": np.full(25, 2.0)}, "cvd_divergence_20", "cvd_slope_20")
    rising = last(frame, columns | {"buy_volume": np.full(25, 8.0)}, "cvd_divergence_20", "cvd_slope_20")
    assert falling == pytest.approx([-1.0, -0.6])
    assert rising == pytest.approx([0.0, 0.6])


NEUTRAL = {
    "volume_positioning_score": 0.5,
    "volume_momentum_10": 0.0,
    "volume_ema_ratio": 1.0,
    "trade_count_ratio_20": 1.0,
    "average_trade_size_ratio_20": 1.0,
    "buy_ratio": 0.5,
    "taker_imbalance": 0.0,
    "large_trade_share": 0.0,
    "cvd_slope_20": 0.0,
    "cvd_divergence_20": 0.0,
    "volume_surge_20": 1.0,
    "volume_contraction_5": 1.0,
    "range_contraction_5": 1.0,
    "net_move_20": 0.0,
    "volume_breakout": 0.0,
    "volume_pattern_type": 0.0,
    "volume_pattern_confidence": 0.0,
    "volume_pattern_direction": 0.0,
    "volume_score": 0.0,
}


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_a_market_without_movement_and_volume_reads_the_documented_values(flat, scale):
    bars = flat(60)
    zero = dict.fromkeys(("trade_count", "buy_volume", "largest_trade"), np.zeros(60))
    prices = {name: bars.column(name) * scale for name in ("open", "high", "low", "close")}
    got = compute_features(with_columns(bars, zero | prices), FeatureSet("neutral", tuple(NEUTRAL))).values[-1]
    assert dict(zip(NEUTRAL, got.tolist(), strict=True)) == NEUTRAL


def test_columns_of_trades_are_missing_where_there_are_no_trades(walk):
    names = ("trade_count_ratio_20", "average_trade_size_ratio_20", "buy_ratio", "taker_imbalance", "large_trade_share")
    assert np.isnan(compute_features(walk(60), FeatureSet("trades", names)).values).all()
