"""A spec decides a model, and its hash says so."""

import json
from dataclasses import replace

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.spec import ModelSpec

SPEC = ModelSpec(
    "lightgbm",
    LabelSpec("signal_direction", 24),
    "core",
    "f" * 64,
    ("ETHUSDT", "BTCUSDT"),
    Timeframe.H1,
    params={"l2": 1},
)


def test_json_and_back():
    again = ModelSpec.from_json(json.loads(json.dumps(SPEC.to_json())))
    assert again.hash == SPEC.hash
    assert again.symbols == SPEC.symbols == ("BTCUSDT", "ETHUSDT")


def test_defaults_of_the_label_are_written_out():
    spelled = replace(SPEC, label=LabelSpec("signal_direction", 24, SPEC.label.resolved))
    assert spelled.hash == SPEC.hash
    assert "threshold" in SPEC.to_json()["label"]["params"]


@pytest.mark.parametrize(
    "change",
    [
        {"family": "logistic"},
        {"label": LabelSpec("signal_direction", 12)},
        {"label": LabelSpec("signal_direction", 24, {"threshold": 0.0})},
        {"feature_set": "lean"},
        {"feature_set_hash": "0" * 64},
        {"symbols": ("BTCUSDT",)},
        {"timeframe": Timeframe.M1},
        {"regime": "trending"},
        {"params": {"l2": 2}},
        {"seed": 1},
    ],
)
def test_everything_counts(change):
    assert replace(SPEC, **change).hash != SPEC.hash
