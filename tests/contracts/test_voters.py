"""Every registered voter: what it may read, what it may say, and what it may not depend on."""

from math import isnan, nan

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.enums import Panel
from alphaplus.core.errors import UnknownName
from alphaplus.core.records import Prediction
from alphaplus.features.contract import features
from alphaplus.signals.panels import ml_roster, rules_roster
from alphaplus.signals.view import MarketView
from alphaplus.signals.voting import voters

NAMES = voters.names()
RULES = [name for name in NAMES if voters.get(name).panel is Panel.RULES]
MODELS = [name for name in NAMES if voters.get(name).panel is Panel.ML]
RANGES = {"ema_20": (50, 150), "ema_50": (50, 150), "atr_14": (0, 5), "adx_14": (0, 100), "rsi_14": (0, 100)}


def view(values, **kwargs):
    columns = {name: place for place, name in enumerate(values)}
    return MarketView(Instrument("X"), Timeframe.H1, 7, 100.0, columns, list(values.values()), **kwargs)


def prediction(value, confidence=0.8):
    return Prediction(5, "X", Timeframe.H1, 7, 24, value, (1 - value, value), confidence)


def random_rows(name, count=300):
    rng = np.random.default_rng(4)
    columns = voters.get(name).columns
    for _ in range(count):
        yield {column: float(rng.uniform(*RANGES[column])) for column in columns}


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_reads_and_sits_on_its_panel(name):
    voter = voters.get(name)
    assert all(column in features.names() for column in voter.columns)
    roster = {Panel.ML: ml_roster, Panel.RULES: rules_roster}[voter.panel]()
    assert name in [seat.voter.name for seat in roster.seats]
    assert voter.ask.__doc__


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_a_modest_probability_and_a_confidence(name):
    for row in random_rows(name):
        said = voters.get(name).ask(view(row))
        assert 0.4 <= said.probability <= 0.6
        assert 0.0 <= said.confidence <= 1.0
        assert said == voters.get(name).ask(view(row))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_absent_with_a_reason_while_a_column_is_unknown(name):
    for column in voters.get(name).columns:
        for row in random_rows(name, 3):
            said = voters.get(name).ask(view(row | {column: nan}))
            assert said.probability is None
            assert said.reason


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses_a_row_without_its_columns(name):
    with pytest.raises(UnknownName):
        voters.get(name).ask(view({"other": 1.0}))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_not_depend_on_the_scale_of_prices(name):
    for row in random_rows(name, 50):
        scaled = {
            column: value * (1000 if column in ("ema_20", "ema_50", "atr_14") else 1) for column, value in row.items()
        }
        first, second = voters.get(name).ask(view(row)), voters.get(name).ask(view(scaled))
        assert second.probability == pytest.approx(first.probability, abs=1e-12)


def test_trend_follows_the_averages_and_needs_a_trend():
    ask = voters.get("trend").ask
    row = {"ema_20": 102.0, "ema_50": 100.0, "atr_14": 1.0, "adx_14": 40.0}
    up, down = ask(view(row)), ask(view(row | {"ema_20": 98.0}))
    assert up.probability > 0.5 > down.probability
    assert up.probability - 0.5 == pytest.approx(0.5 - down.probability)
    assert ask(view(row | {"adx_14": 5.0})).confidence < up.confidence


def test_momentum_mirrors_around_fifty():
    ask = voters.get("momentum").ask
    assert ask(view({"rsi_14": 50.0})).probability == 0.5
    assert ask(view({"rsi_14": 80.0})).probability - 0.5 == pytest.approx(0.5 - ask(view({"rsi_14": 20.0})).probability)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_voter_repeats_its_version(name):
    said = voters.get(name).ask(view({}, predictions={name: prediction(0.63)}))
    assert (said.probability, said.confidence, said.version) == (0.63, 0.8, 5)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_voter_is_absent_with_the_reason(name):
    ask = voters.get(name).ask
    assert ask(view({}, absences={name: "version 5 failed: oh"})).reason == "version 5 failed: oh"
    assert ask(view({})).probability is None
    broken = ask(view({}, predictions={name: prediction(nan)}))
    assert broken.probability is None
    assert not isnan(broken.confidence)
