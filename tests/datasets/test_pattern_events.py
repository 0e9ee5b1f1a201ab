"""Datasets of patterns against a plain walk along the bars, and what they may and may not know."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import talib

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError, NotEnoughSamples, UnknownName
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.labelling import make_labels
from alphaplus.datasets.pattern_events import DESCRIPTION, answers, traded_patterns
from alphaplus.datasets.select import Rules
from alphaplus.features.compute import compute_features
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.events import SCHEMA, detect

PATTERN, HORIZON = "cdlengulfing", 12
BARS = simulate("N0", bars=4_000, seed=3)
HOUR = BARS.timeframe.ms


@pytest.fixture(scope="module")
def make(compiled):
    """Makes a dataset of patterns."""

    def of(bars=BARS, *, pattern=PATTERN, horizon=HORIZON, **options):
        return make_dataset(
            bars, "lean", label="pattern_success", horizon=horizon, pattern=pattern, cache_folder=compiled, **options
        )

    return of


@pytest.fixture(scope="module")
def dataset(make):
    return make()


def walked(bars, at, *, horizon=HORIZON):
    """How the engulfing trade decided on bar `at` ends, and when, by a plain walk along the bars."""
    open_, high, low, close = (bars.column(name) for name in ("open", "high", "low", "close"))
    away = 2.0 * talib.ATR(high, low, close, 14)[at]
    way = 1.0 if close[at] > open_[at] else -1.0
    target, stop = close[at] + way * away, close[at] - way * away
    for bar in range(at + 1, at + horizon + 1):
        worst, best = (low[bar], high[bar]) if way > 0 else (high[bar], low[bar])
        if way * (worst - stop) <= 0.0:
            return 0.0, bar
        if way * (best - target) >= 0.0:
            return 1.0, bar
    return 0.0, at + horizon


def test_answers_are_those_of_a_plain_walk(dataset):
    at = np.searchsorted(BARS.close_time, dataset.as_of)
    assert len(at) > 800
    expected = [walked(BARS, bar) for bar in at.tolist()]
    assert dataset.y.tolist() == [y for y, _ in expected]
    assert np.searchsorted(BARS.close_time, dataset.span_end).tolist() == [end for _, end in expected]
    assert dataset.as_of[-1] <= BARS.close_time[-1] - HORIZON * HOUR
    early = dataset.span_end - dataset.as_of < HORIZON * HOUR
    assert 0.3 < early.mean() < 1.0
    assert (dataset.y[~early] == 0.0).mean() > 0.9  # a target on the last bar is known no earlier


def test_rows_have_the_features_of_their_bar_and_tell_of_the_event(dataset):
    at = np.searchsorted(BARS.close_time, dataset.as_of)
    features = compute_features(BARS, "lean")
    lean = [dataset.columns.index(name) for name in features.columns]
    assert np.array_equal(dataset.X[:, lean], features.values[at].astype(np.float32))
    open_, high, low, close = (BARS.column(name) for name in ("open", "high", "low", "close"))
    atr = talib.ATR(high, low, close, 14)
    tops, bottoms = np.maximum(high[at], high[at - 1]), np.minimum(low[at], low[at - 1])
    told = dict(zip(dataset.columns, dataset.X.T, strict=True))
    ones = np.ones(len(at))
    expected = (
        np.sign(close - open_)[at], 0.8 * ones, ones, 2.0 * ones, 2.0 * ones, (tops - bottoms) / atr[at], 2.0 * ones
    )  # fmt: skip
    for name, values in zip(DESCRIPTION, expected, strict=True):
        np.testing.assert_allclose(told[name], values, rtol=1e-5, err_msg=name)
    assert (told["is_cdlengulfing"] == 1.0).all()


def test_baselines_know_the_newest_answer_that_was_known(dataset):
    for row in (0, 5, 100, 500):
        known = np.flatnonzero(dataset.span_end <= dataset.as_of[row])
        if len(known):
            assert dataset.last_known[row] == dataset.y[known[-1]]
    close = BARS.column("close")
    at, end = (np.searchsorted(BARS.close_time, times) for times in (dataset.as_of, dataset.span_end))
    np.testing.assert_allclose(dataset.outcome, close[end] / BARS.column("open")[at + 1] - 1.0)


def test_the_label_by_bars_is_the_same_where_a_bar_has_one_pattern(dataset):
    frame = make_labels(BARS, "pattern_success", horizon=HORIZON, pattern=PATTERN)
    at = np.searchsorted(BARS.close_time, dataset.as_of)
    assert np.array_equal(frame.y[at], dataset.y)
    assert np.array_equal(BARS.close_time[frame.span_end[at]], dataset.span_end)


def test_of_several_patterns_on_a_bar_each_has_a_row_and_the_label_is_that_of_the_strongest(make, monkeypatch):
    several = make(pattern="candles")
    counts = np.unique(several.as_of, return_counts=True)[1]
    assert counts.max() > 2
    kinds = [place for place, name in enumerate(several.columns) if name.startswith("is_")]
    assert np.array_equal(several.X[:, kinds].sum(axis=1), np.ones(len(several)))
    assert several.X[:, several.columns.index("event_direction")].all(), "what has no direction is no trade"

    events = detect(BARS, traded_patterns(PATTERN))
    answered = events.filter(np.isfinite(answers(events, BARS, horizon=HORIZON).y))
    won, lost = (answered.filter(answered["outcome"] == what)[10] for what in ("target", "stop"))
    one_bar = pl.concat([lost, won]).with_columns(known_at=won["known_at"][0], ended_at=won["known_at"][0] + HOUR)
    for strengths, expected in (((0.4, 0.5), 1.0), ((0.5, 0.4), 0.0), ((0.5, 0.5), 0.0)):
        table = one_bar.with_columns(strength=pl.Series(strengths))
        monkeypatch.setattr("alphaplus.datasets.labels.pattern_success.detect", lambda *_, table=table: table)
        found = make_labels(BARS, "pattern_success", horizon=HORIZON, pattern=PATTERN)
        assert found.y[found.valid].tolist() == [expected]


def test_more_bars_add_rows_and_change_none(make, dataset):
    for cut in (1_500, 2_718):
        part = make(BARS.rows(0, cut))
        known = len(part)
        assert 0 < known < len(dataset)
        assert np.array_equal(part.X, dataset.X[:known])
        assert np.array_equal(part.y, dataset.y[:known])
        assert np.array_equal(part.span_end, dataset.span_end[:known])
        assert np.array_equal(part.last_known, dataset.last_known[:known], equal_nan=True)


def test_rows_do_not_change_with_bars_after_their_span(make, dataset):
    cut = 2_000
    wild = BARS.table.with_columns(
        pl.when(pl.int_range(pl.len()) > cut).then(7.0 * pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close", "volume")
    )
    again = make(BarFrame(BARS.instrument, BARS.timeframe, wild))
    until = BARS.close_time[cut]
    same, rows = again.span_end <= until, dataset.span_end <= until
    for name in ("X", "y", "as_of", "span_end"):
        assert np.array_equal(getattr(again, name)[same], getattr(dataset, name)[rows]), name


def outcomes(*rows):
    """Events that became known on bar 100, by outcome and by how many bars later they ended, None for not yet."""
    return pl.DataFrame(
        {
            "known_at": [int(BARS.close_time[100])] * len(rows),
            "ended_at": [None if after is None else int(BARS.close_time[100 + after]) for _, after, _ in rows],
            "outcome": [outcome for outcome, _, _ in rows],
            "state": [state for _, _, state in rows],
        },
        schema={name: SCHEMA[name] for name in ("known_at", "ended_at", "outcome", "state")},
    )


def test_what_outcomes_are_worth():
    cases = {
        ("target", 5, "ended"): (1.0, 105),
        ("target", 12, "ended"): (1.0, 112),
        ("target", 13, "ended"): (0.0, 112),  # too late
        ("stop", 1, "ended"): (0.0, 101),
        ("expired", 12, "ended"): (0.0, 112),
        ("failed", 4, "ended"): (0.0, 104),
        ("retired", 4, "ended"): (np.nan, 104),
        ("retired", 13, "ended"): (0.0, 112),
        ("interrupted", 4, "ended"): (np.nan, 104),
        (None, None, "open"): (0.0, 112),
        (None, None, "waiting"): (0.0, 112),
        (None, None, "none"): (np.nan, 112),  # no target, no stop
    }
    found = answers(outcomes(*cases), BARS, horizon=HORIZON)
    expected = np.array(list(cases.values()))
    np.testing.assert_array_equal(found.y, expected[:, 0])
    np.testing.assert_array_equal(found.end, expected[:, 1])
    young = answers(outcomes(("target", 1, "ended")), BARS.rows(0, 100 + HORIZON), horizon=HORIZON)
    assert np.isnan(young.y[0]), "its horizon is not over"


def test_a_panel_and_a_regime_keep_their_rows(make, dataset):
    other = simulate("N0", bars=2_000, seed=4, symbol="OTHER")
    panel = make([BARS, other])
    assert np.array_equal(panel.X[panel.instrument_id == 0], dataset.X)
    assert np.all(np.diff(panel.as_of) >= 0)
    calm = make(regime="low_volatility")
    assert calm.regime == "low_volatility"
    assert 0 < len(calm) < len(dataset)
    assert set(calm.as_of) < set(dataset.as_of)
    assert calm.hash != dataset.hash
    assert replace(calm, regime="all").hash != dataset.hash


def test_what_cannot_be_made_is_refused(make):
    with pytest.raises(ConfigError, match="no target and no stop"):
        make(pattern="fair_value_gap")
    with pytest.raises(UnknownName, match="pattern"):
        make(pattern="engulfing")
    with pytest.raises(ConfigError, match="selected"):
        make(select=Rules())
    with pytest.raises(NotEnoughSamples, match="patterns on 40 bars"):
        make(BARS.rows(0, 40))
