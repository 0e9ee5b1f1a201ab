"""The answer of volume analysis: the same from history and live, patterns that live and die, words, and reasons."""

import json

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.config import Volume
from alphaplus.core.errors import ConfigError, MissingBars
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.library.volume.patterns import THRESHOLDS
from alphaplus.features.sets import feature_set, standing_sets
from alphaplus.features.volume_answer import answer_set, volume_answer

HOUR = Timeframe.H1.ms
COLUMNS = answer_set().columns
CODES = {word: code for code, word in features.get("volume_pattern_type").words["volume_pattern_type"].items()}


@pytest.fixture(scope="module")
def bars(walk):
    """A walk whose bars know trades, and an order book but for a while."""
    plain = walk(1_200)
    rng = np.random.default_rng(2)
    sides = {f"{side}_depth_{band}": rng.lognormal(2, 1, 1_200) for side in ("bid", "ask") for band in ("0_5", "1_0")}
    sides["buy_volume"] = plain.column("volume") * rng.random(1_200)
    sides["bid_depth_1_0"][700:800] = np.nan
    return BarFrame(plain.instrument, plain.timeframe, plain.table.with_columns(**sides))


@pytest.fixture(scope="module")
def history(bars, compiled):
    return compute_features(bars, answer_set(), cache_folder=compiled)


@pytest.fixture(scope="module")
def live(bars, compiled):
    """The same rows as an engine gave them, bar by bar, with forming bars between."""
    engine = FeatureEngine(answer_set(), bars.instrument, bars.timeframe, cache_folder=compiled)
    rows, out = bars.matrix(engine.inputs), []
    for row in rows:
        engine.push(row, forming=True)
        out.append(engine.push(row))
    return FeatureFrame(bars.instrument, bars.timeframe, engine.columns, bars.open_time, np.array(out))


def cut(frame, count):
    """The first rows of a frame."""
    kept = frame.open_time[:count], frame.values[:count]
    return FeatureFrame(frame.instrument, frame.timeframe, frame.columns, *kept)


class TestHistoryAndLive:
    @pytest.mark.parametrize("count", [1, 40, 333, 750, 1_199, 1_200])
    def test_the_answer_is_the_same(self, history, live, bars, count, compiled):
        by_history = volume_answer(cut(history, count), Volume(min_confidence=0.1))
        assert by_history == volume_answer(cut(live, count), Volume(min_confidence=0.1))
        alone = compute_features(bars.rows(0, count), answer_set(), cache_folder=compiled)
        assert by_history == volume_answer(alone, Volume(min_confidence=0.1))

    def test_some_of_the_bars_have_patterns_alive(self, history):
        alive = [len(volume_answer(cut(history, count), Volume()).patterns) for count in range(100, 1_200, 10)]
        assert min(alive) == 0
        assert max(alive) > 1


def made(count=40, seen=(), **columns):
    """A frame whose columns are 0 but for those given; `seen` are (row, word, confidence, direction)."""
    values = {column: np.zeros(count) for column in COLUMNS}
    values |= {"volume_surge_20": np.full(count, 2.0), "obv_slope_20": np.full(count, 0.2)}
    values |= {"cvd_slope_20": np.full(count, 0.2)}
    values |= {name: np.broadcast_to(value, count).astype(float) for name, value in columns.items()}
    for row, word, confidence, direction in seen:
        values["volume_pattern_type"][row] = CODES[word]
        values["volume_pattern_confidence"][row] = confidence
        values["volume_pattern_direction"][row] = direction
    times = HOUR * (400_000 + np.arange(count, dtype=np.int64))
    stacked = np.column_stack([values[column] for column in COLUMNS])
    return FeatureFrame(Instrument("MADE"), Timeframe.H1, COLUMNS, times, stacked)


def alive(frame, **limits):
    """Patterns now alive as (name, direction, first row, last row that showed it)."""
    start = int(frame.close_time[0])
    found = volume_answer(frame, Volume(**limits)).patterns
    return [(p.name, p.direction, (p.since - start) // HOUR, (p.seen - start) // HOUR) for p in found]


class TestPatternsAlive:
    def test_a_pattern_lives_for_the_bars_that_the_settings_say(self):
        climax = [(30, "climax", 0.8, -1)]
        assert alive(made(36, climax)) == [("climax", -1, 30, 30)]
        assert alive(made(37, climax)) == []
        assert alive(made(37, climax), alive_bars=6) == [("climax", -1, 30, 30)]
        assert alive(made(31, climax), alive_bars=0) == [("climax", -1, 30, 30)]
        assert alive(made(32, climax), alive_bars=0) == []

    def test_it_is_there_since_the_first_bar_without_a_long_pause(self):
        rows = [(row, "accumulation", 0.6, 1) for row in (10, 20, 24, 25, 30, 35)]
        assert alive(made(38, rows)) == [("accumulation", 1, 20, 35)]
        assert alive(made(38, rows), alive_bars=10) == [("accumulation", 1, 10, 35)]

    def test_the_surest_comes_first_and_directions_are_apart(self):
        rows = [(36, "breakout", 0.7, 1), (38, "breakout", 0.9, -1), (39, "dry_up", 0.8, 0)]
        assert alive(made(40, rows)) == [("breakout", -1, 38, 38), ("dry_up", 0, 39, 39), ("breakout", 1, 36, 36)]

    def test_a_pattern_that_is_not_sure_enough_is_left_out(self):
        rows = [(39, "dry_up", 0.4, 0)]
        assert alive(made(40, rows)) == []
        assert alive(made(40, rows), min_confidence=0.4) == [("dry_up", 0, 39, 39)]

    def test_a_stricter_breakout_needs_more_volume(self):
        frame = made(40, [(39, "breakout", 0.9, 1)], volume_surge_20=2.5)
        assert alive(frame, breakout_volume=2.5) == [("breakout", 1, 39, 39)]
        assert alive(frame, breakout_volume=2.6) == []

    def test_a_stricter_divergence_needs_a_steeper_slope(self):
        frame = made(40, [(39, "volume_divergence", 0.9, -1)], obv_slope_20=-0.3, cvd_slope_20=-0.1)
        assert alive(frame, divergence=0.19) == [("volume_divergence", -1, 39, 39)]
        assert alive(frame, divergence=0.21) == []

    def test_missing_bars_age_a_pattern(self):
        frame = made(32, [(30, "climax", 0.8, -1)])
        later = frame.open_time + np.where(np.arange(32) == 31, 5 * HOUR, 0)
        assert alive(FeatureFrame(frame.instrument, frame.timeframe, COLUMNS, later, frame.values)) == []

    def test_settings_begin_where_the_features_do(self):
        for setting, threshold in (("breakout_volume", "least"), ("divergence", "disagree")):
            bounds = [bound.ge for bound in Volume.model_fields[setting].metadata]
            assert bounds == [THRESHOLDS[threshold]] == [getattr(Volume(), setting)]


class TestWordsAndReasons:
    def test_codes_are_words_and_unknown_is_none(self):
        answer = volume_answer(made(market_regime=-1, volatility_regime=np.nan, volume_pattern_type=3), Volume())
        assert answer.columns["market_regime"] == "bear"
        assert answer.columns["volatility_regime"] is None
        assert answer.columns["volume_pattern_type"] == "dry_up"
        assert tuple(answer.columns) == feature_set("volume").columns

    def test_a_missing_book_is_named_with_all_that_needs_it(self, walk, compiled):
        answer = volume_answer(compute_features(walk(400), answer_set(), cache_folder=compiled), Volume())
        reason = "no order book in these bars"
        assert {"bid_depth_0_5", "spread_bps", "bid_ask_ratio", "order_book_imbalance"} < set(answer.missing[reason])
        assert "liquidity_score" in answer.missing[reason]
        assert not answer.from_trades
        assert all(
            (answer.columns[name] is None) == (name in sum(answer.missing.values(), ())) for name in answer.columns
        )

    def test_a_book_that_is_missing_only_now_is_told_apart(self, history):
        answer = volume_answer(cut(history, 750), Volume())
        assert "bid_ask_ratio" in answer.missing["no order book at this bar"]
        assert "spread_bps" in answer.missing["not told by the book of these bars"]
        assert answer.from_trades

    def test_a_book_that_ends_before_a_depth_is_said_to_be_short(self, history):
        answer = volume_answer(history, Volume())
        short = answer.missing["the recorded levels of the book do not reach so far"]
        assert {"bid_depth_2_0", "ask_depth_2_0"} <= set(short)
        assert "bid_depth_0_5" not in short
        assert "no order book in these bars" not in answer.missing

    def test_clocks_that_cannot_be_built_and_warm_up_are_told(self, walk, compiled):
        days = volume_answer(
            compute_features(walk(30, timeframe=Timeframe.D1), answer_set(), cache_folder=compiled), Volume()
        )
        assert {"h4_return", "h4_volume_ratio"} <= set(days.missing["bars of 1d do not build bars of 4h"])
        assert "ema_200" in days.missing["not known after 30 bars"]

    def test_nodes_are_told_with_their_strength(self):
        nodes = volume_answer(
            made(nearest_volume_node=99.0, volume_node_strength=0.4, point_of_control=101.0), Volume()
        )
        assert [(n.kind, n.price, n.strength) for n in nodes.nodes] == [
            ("nearest", 99.0, 0.4),
            ("point of control", 101.0, None),
        ]
        none = volume_answer(made(nearest_volume_node=np.nan, point_of_control=np.nan, value_area_low=np.nan), Volume())
        assert (none.nodes, none.value_area) == ((), None)

    def test_it_can_be_read_and_sent(self, history):
        answer = volume_answer(history, Volume(min_confidence=0.0, alive_bars=200))
        assert len(answer.patterns) > 3
        sent = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
        assert sent["columns"] == dict(answer.columns)
        assert [pattern["name"] for pattern in sent["patterns"]] == [pattern.name for pattern in answer.patterns]
        text = repr(answer)
        assert text.splitlines()[0] == "WALK 1h, 2021-02-23 00:00 UTC"
        assert all(column in text for column in answer.columns)

    def test_without_bars_there_is_no_answer(self, history):
        with pytest.raises(MissingBars, match="no 1h bars of WALK"):
            volume_answer(cut(history, 0), Volume())


def test_no_model_is_trained_on_running_totals_and_levels():
    assert "volume" not in [one.name for one in standing_sets()]
    assert len(feature_set("volume").columns) >= 45


def test_a_wrong_threshold_is_named(walk):
    import alphaplus as ap

    for wrong in ({"min_confidense": 0.5}, {"breakout_volume": 1.0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            ap.analyze_volume(walk(50), **wrong)
