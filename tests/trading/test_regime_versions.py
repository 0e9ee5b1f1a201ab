"""Versions for one regime speak at its bars, those for all regimes at the others, in a batch and bar by bar alike."""

from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage
from alphaplus.core.errors import ModelUnavailable
from alphaplus.core.records import AuditEvent, Prediction
from alphaplus.datasets.regimes import in_regime
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.trading.backtest import run_backtest
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.serving import pinned, registered

BARS = 1_600
EVENT = AuditEvent(0, "tester", "register", "v", "", "staging", "made")
PLANTED = {"trending": 0.9, "volatile": 0.8, "bull": 0.7}  # what the version of each regime says; others say 0.6


class ByRegime:
    """Says a probability by the regime of the version, and remembers whom it was asked for."""

    def __init__(self, failing=()):
        self.failing = failing

    def predict(self, version, features, columns, as_of, symbol, *, explain=False):
        if version.slot.regime in self.failing:
            raise ModelUnavailable("the artefact is gone")
        value = PLANTED.get(version.slot.regime, 0.6)
        return [
            Prediction(version.number, symbol, version.slot.timeframe, time, version.slot.horizon, value, (), 0.9)
            for time in as_of.tolist()
        ]


@pytest.fixture(scope="module")
def bars(markets):
    return markets.walk(BARS, seed=3)


@pytest.fixture(scope="module")
def truth(bars, compiled):
    """Which bars are in a regime, asked of the regime itself."""
    return {name: in_regime(name, bars, cache_folder=compiled) for name in PLANTED}


def store_of(bars, version_of, *slots):
    """A registry with a champion for each (regime, first bar it may speak at, horizon)."""
    store = MemoryModelStore()
    for number, (regime, first, horizon) in enumerate(slots, 1):
        made = version_of(bars, trained_to=int(bars.close_time[first]) - 1, horizon=horizon)
        slot = replace(made.slot, regime=regime)
        label = f"{regime}_{number}"
        store.add(replace(made, slot=slot, label=label, stage=Stage.PRODUCTION, deployed_at=number), EVENT)
    return store


def pipeline_of(bars, services, compiled, predictor=None):
    return Pipeline(
        bars.instrument, bars.timeframe, settings=Settings(), predictor=predictor or ByRegime(), services=services,
        cache_folder=compiled,
    )  # fmt: skip


def said_by(observation):
    return [None if said is None else said.version for said in observation.said.predictions]


def test_each_bar_is_served_by_the_version_of_its_regime_else_by_that_of_all(bars, truth, version_of, compiled):
    store = store_of(bars, version_of, ("all", 0, 6), ("trending", 900, 12))
    observation = pipeline_of(bars, registered(store, "TEST", bars.timeframe), compiled).observe(bars)
    found = np.array([number or 0 for number in said_by(observation)])
    special = truth["trending"] & (np.arange(BARS) >= 900)
    warm = 200
    assert 50 < special.sum() < 650
    assert np.array_equal(found[warm:], np.where(special, 2, 1)[warm:])
    assert np.array_equal(observation.said.horizons, np.where(special, 12, 6))
    values = np.array([said.value for said in observation.said.predictions[warm:]])
    assert np.array_equal(values, np.where(special, 0.9, 0.6)[warm:])


def test_bar_by_bar_the_same_versions_speak(bars, version_of, compiled):
    store = store_of(bars, version_of, ("all", 0, 6), ("trending", 900, 12), ("bull", 1_000, 3))
    services = registered(store, "TEST", bars.timeframe)
    whole = pipeline_of(bars, services, compiled).observe(bars)
    live = pipeline_of(bars, services, compiled)
    live.warm(bars.rows(0, 850))
    one_by_one = [live.observe(bars.rows(i, i + 1)) for i in range(850, BARS)]
    assert {1, 2, 3} <= set(said_by(whole)[850:])
    assert [said for one in one_by_one for said in one.said.predictions] == whole.said.predictions[850:]
    assert [horizon for one in one_by_one for horizon in one.said.horizons] == whole.said.horizons[850:]


def test_of_several_present_regimes_the_version_promoted_last_speaks(bars, truth, version_of, compiled):
    store = store_of(bars, version_of, ("bull", 0, 6), ("trending", 0, 6), ("all", 0, 6))
    found = np.array(said_by(pipeline_of(bars, registered(store, "TEST", bars.timeframe), compiled).observe(bars)))
    both = truth["bull"] & truth["trending"]
    assert both.sum() > 50
    expected = np.where(truth["trending"], 2, np.where(truth["bull"], 1, 3))
    assert np.array_equal(found[200:], expected[200:])


def test_without_a_version_for_all_the_rules_decide_outside_the_regime(bars, truth, version_of, compiled):
    store = store_of(bars, version_of, ("trending", 600, 6))
    observation = pipeline_of(bars, registered(store, "TEST", bars.timeframe), compiled).observe(bars)
    speaks = np.array([said is not None for said in observation.said.predictions])
    assert np.array_equal(speaks, truth["trending"] & (np.arange(BARS) >= 600))
    outside = int(np.flatnonzero(~truth["trending"][700:])[0]) + 700
    assert observation.said.absences[outside].endswith("there are some for trending")
    assert observation.said.absences[599].startswith("no version had been trained by then; the first speaks from")
    assert observation.said.failures == {}


def test_a_wider_slot_for_a_regime_does_not_come_before_a_narrower_one_for_all(bars, version_of):
    store = store_of(bars, version_of, ("all", 0, 6))
    wide = version_of(bars, trained_to=0)
    slot = replace(wide.slot, regime="trending", symbol="OTHER+TEST")
    store.add(replace(wide, slot=slot, label="wide", stage=Stage.PRODUCTION, deployed_at=99), EVENT)
    assert [one.version.number for one in registered(store, "TEST", bars.timeframe)()] == [1]
    assert [one.version.number for one in registered(store, "OTHER", bars.timeframe)()] == [2]


def test_a_slot_for_all_alone_is_served_as_ever(bars, version_of, compiled):
    store = store_of(bars, version_of, ("all", 300, 6))
    champion = store.get(1)
    by_registry = pipeline_of(bars, registered(store, "TEST", bars.timeframe), compiled).observe(bars)
    by_hand = pipeline_of(bars, pinned(champion), compiled).observe(bars)
    assert by_registry.said == by_hand.said
    assert by_registry.rows == by_hand.rows or np.array_equal(by_registry.rows, by_hand.rows, equal_nan=True)


def test_a_version_of_a_regime_that_fails_leaves_only_its_bars_to_the_rules(bars, truth, version_of, compiled):
    store = store_of(bars, version_of, ("all", 0, 6), ("trending", 0, 6))
    services = registered(store, "TEST", bars.timeframe)
    observation = pipeline_of(bars, services, compiled, ByRegime(failing={"trending"})).observe(bars)
    speaks = np.array([said is not None for said in observation.said.predictions])
    assert np.array_equal(speaks[200:], ~truth["trending"][200:])
    assert list(observation.said.failures) == [2]


def test_a_backtest_of_a_pinned_version_lets_it_speak_in_its_regime_alone(bars, truth, version_of, compiled):
    store = store_of(bars, version_of, ("volatile", 500, 6))
    pipeline = pipeline_of(bars, pinned(store.get(1)), compiled)
    found = run_backtest(bars, pipeline, start=int(bars.open_time[500]))
    told = {said.as_of for said in found.predictions}
    assert told == set(bars.close_time[500:][truth["volatile"][500:]].tolist())
    assert told
