"""Volume patterns on markets made to show them, and on the same markets with one condition taken away."""

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features
from alphaplus.features.sets import FeatureSet

NAMES = ("volume_pattern_type", "volume_pattern_confidence", "volume_pattern_direction", "volume_breakout")
WITHOUT_ORACLE = dict.fromkeys(
    (*NAMES[:3], "volume_score"), "defined by us alone: tried on made markets, their mirrors and their near misses"
)
PARTS = ("volume_flow_imbalance", "obv_slope_20", "cvd_slope_20", "cmf_20", "volume_positioning_score", *NAMES[1:3])
WORDS = features.get("volume_pattern_type").words["volume_pattern_type"]
PRICES = ("open", "high", "low", "close")
COUNT = 30


def market(close=100.0, *, up=1.0, down=1.0, volume=10.0):
    """Bars that close at `close`, reach so far above and below it, and open where they close."""
    close, up, down, volume = (np.broadcast_to(value, COUNT).astype(float) for value in (close, up, down, volume))
    return {"open": close, "high": close + up, "low": close - down, "close": close, "volume": volume}


def ending(bars, *, at=1, **values):
    """The same bars with other values in the last `at`."""
    changed = {name: column.copy() for name, column in bars.items()}
    for name, value in values.items():
        changed[name][-at:] = value
    return changed


def wider(bars, *, at, by):
    """Highs and lows with those of one bar further out."""
    extra = np.where(np.arange(COUNT) == at, by, 0.0)
    return {"high": bars["high"] + extra, "low": bars["low"] - extra}


def upside_down(bars, *, axis=200.0):
    """The mirror image of the prices; who bought has sold."""
    turned = {"open": "open", "high": "low", "low": "high", "close": "close"}
    sides = {"buy_volume": bars["volume"] - bars["buy_volume"]} if "buy_volume" in bars else {}
    return {**bars, **{name: axis - bars[other] for name, other in turned.items()}, **sides}


@pytest.fixture(scope="module")
def seen(frame):
    """The pattern at the last bar: its word, confidence and direction."""
    asked = FeatureSet("pattern", NAMES)

    def look(bars):
        code, confidence, direction, _ = compute_features(frame(bars), asked).values[-1].tolist()
        return WORDS[int(code)], confidence, direction

    return look


def zigzag(rising, falling):
    """A rising price whose rising bars have one volume and whose falling bars another; the last bar rises."""
    steps = np.where(np.arange(COUNT) % 2 == 1, 2.0, -1.0)
    return market(100 + np.cumsum(steps), volume=np.where(steps > 0, rising, falling))


PEAK = ending(market(), high=106.0, low=99.0, open=100.0, close=100.5, volume=60.0)
QUIET = ending(market(), at=5, high=100.25, low=99.75, volume=2.0)
BOUGHT = market(up=0.5, down=1.5)
OUT = ending(market(), high=103.2, low=100.9, open=101.0, close=103.0, volume=30.0)

PRESENT = {
    "volume_divergence": (zigzag(rising=5.0, falling=20.0), -1.0),
    "climax": (PEAK, -1.0),
    "dry_up": (QUIET, 0.0),
    "accumulation": (BOUGHT, 1.0),
    "distribution": (upside_down(BOUGHT), -1.0),
    "breakout": (OUT, 1.0),
}
ABSENT = {
    "no divergence when volume rises with the price": (zigzag(rising=12.0, falling=8.0), "none"),
    "no climax that closes at its high": (ending(PEAK, close=105.5), "breakout"),
    "no climax on usual volume": (ending(PEAK, volume=11.0), "none"),
    "no climax in a usual range": (ending(PEAK, high=101.5, low=99.5), "none"),
    "no climax inside the range before": ({**PEAK, **wider(PEAK, at=20, by=6.0)}, "none"),
    "no dry-up on usual volume": (ending(QUIET, at=5, volume=10.0), "none"),
    "no dry-up in a usual range": (ending(QUIET, at=5, high=101.0, low=99.0), "none"),
    "no accumulation in a trend": (market(100 + np.arange(COUNT), up=0.5, down=1.5), "none"),
    "no accumulation without money flow": (market(), "none"),
    "no breakout on usual volume": (ending(OUT, volume=12.0), "none"),
    "no breakout by a wick": (ending(OUT, close=100.95, open=101.0, low=100.9), "none"),
}


@pytest.mark.parametrize("word", PRESENT)
def test_a_pattern_is_seen_where_it_was_made(seen, word):
    bars, direction = PRESENT[word]
    found, confidence, way = seen(bars)
    assert (found, way) == (word, direction)
    assert confidence == pytest.approx(1.0)


@pytest.mark.parametrize("word", PRESENT)
def test_its_mirror_image_points_the_other_way(seen, word):
    bars, direction = PRESENT[word]
    turned = {"accumulation": "distribution", "distribution": "accumulation"}.get(word, word)
    found, confidence, way = seen(upside_down(bars))
    assert (found, way) == (turned, -direction)
    assert confidence == pytest.approx(1.0)


@pytest.mark.parametrize("story", ABSENT)
def test_it_is_not_seen_with_one_condition_taken_away(seen, story):
    bars, word = ABSENT[story]
    assert seen(bars)[0] == word


def test_each_pattern_has_a_word_and_was_tried():
    assert {*PRESENT, "none"} == set(WORDS.values())
    assert list(WORDS) == list(range(7))


def test_the_surest_pattern_counts_and_the_first_of_equals(seen):
    both = ending(BOUGHT, at=5, high=100.125, low=99.625, volume=2.0)
    assert seen(both)[0] == "dry_up"
    assert seen(ending(both, at=5, volume=4.0))[0] == "accumulation"


def test_confidence_grows_with_the_volume_of_a_breakout(seen):
    sure = [seen(ending(OUT, volume=volume))[1] for volume in (15.0, 18.0, 24.0, 30.0, 90.0)]
    assert sure[0] == pytest.approx(0.5)  # volume just enough, the distance beyond doubt
    assert sure == sorted(sure)
    assert sure[-2:] == [1.0, 1.0]


def test_the_flag_is_up_exactly_where_price_and_volume_break_out(frame):
    for bars, flag in ((OUT, 1.0), (upside_down(OUT), 1.0), (ending(OUT, volume=12.0), 0.0), (PEAK, 0.0)):
        assert compute_features(frame(bars), FeatureSet("flag", NAMES)).values[-1, 3] == flag


@pytest.fixture(scope="module")
def both_ways(walk):
    """A walk on a grid that floats hold exactly, with trades, and its mirror image."""
    bars = walk(3_000, tick=1 / 64)
    columns = {name: bars.column(name) for name in (*PRICES, "volume")}
    columns["buy_volume"] = columns["volume"] * np.random.default_rng(4).random(3_000)
    axis = 2.0 * float(np.ceil(columns["high"].max()))

    def computed(values):
        turned = BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**values))
        return compute_features(turned, FeatureSet("score", ("volume_score", "volume_pattern_type", *PARTS)))

    return computed(columns), computed(upside_down(columns, axis=axis))


def test_the_mirror_image_of_a_market_has_the_opposite_score(both_ways):
    plain, turned = both_ways
    np.testing.assert_allclose(turned.column("volume_score"), -plain.column("volume_score"), atol=1e-9)
    np.testing.assert_allclose(
        turned.column("volume_pattern_confidence"), plain.column("volume_pattern_confidence"), atol=1e-9
    )
    swapped = np.array([0, 1, 2, 3, 5, 4, 6, np.nan])
    codes = np.nan_to_num(plain.column("volume_pattern_type"), nan=7).astype(int)
    np.testing.assert_array_equal(turned.column("volume_pattern_type"), swapped[codes])
    assert set(codes.tolist()) == set(range(8)), "the walk shows every pattern"


def test_the_score_is_the_mean_of_its_five_opinions(both_ways):
    for computed in both_ways:
        imbalance, obv, cvd, money, place, sure, way = (computed.column(name) for name in PARTS)
        opinions = (imbalance, np.clip((obv + cvd) / 2, -1, 1), money, 2 * place - 1, sure * way)
        score = computed.column("volume_score")
        np.testing.assert_allclose(score, np.mean(opinions, axis=0), atol=1e-12)
        assert np.nanmax(np.abs(score)) <= 1.0
        assert np.nanstd(score) > 0.1


def test_a_market_of_buyers_scores_up_and_one_of_sellers_down(frame):
    rising = market(100 + 0.5 * np.arange(COUNT), up=0.25, down=1.75)
    score = [compute_features(frame(bars), ["volume_score"]).values[-1, 0] for bars in (rising, upside_down(rising))]
    assert score[0] > 0.5
    assert score[1] == pytest.approx(-score[0])
