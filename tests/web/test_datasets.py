"""Datasets of trainings: kept as recipes, shown, and had again from the stored bars or not, with the reason."""

import json
from dataclasses import replace

import pytest

from alphaplus.core.bars import SIMULATED_VENUE, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.datasets import assemble, dataset_recipe
from alphaplus.market.sources.simulated import simulate
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.web.commands import datasets
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.screen import Screen
from alphaplus.web.models import Dataset, TrainingSession
from alphaplus.workflows import options
from alphaplus.workflows.base import Silent
from alphaplus.workflows.train import TrainRequest, train


@pytest.fixture
def stored(ports, installation, compiled):
    """Ports with two planted markets, bars of which one came after the training, and the version trained."""
    installation.home.joinpath("cache").symlink_to(compiled, target_is_directory=True)
    series = [simulate("M1", bars=3_000, seed=seed, symbol=symbol) for seed, symbol in enumerate(("AAA", "BBB"))]
    bars = MemoryBarStore()
    bars.append(series[0])
    bars.append(series[1].rows(0, 2_900))
    ports = replace(ports, bars=bars)
    request = TrainRequest(
        symbols=("AAA", "BBB"), family="logistic", timeframe=Timeframe.H1, horizon=1, threshold=0.0, features="lean",
        training_days=100, select=6,
    )  # fmt: skip
    version, _ = train(request, ports)
    bars.append(series[1].rows(2_900, 3_000))
    return ports, version


def say(ports, capsys, *words):
    command = options.find("datasets")
    arguments = options.command_parser(command, prog="alphaplus datasets").parse_args([*words, "--json"])
    context = Context(ports.settings, Screen("datasets", as_json=True), Silent(), _ports=ports)
    code = datasets.run(arguments, context)
    return code, json.loads(capsys.readouterr().out)


def test_a_training_keeps_its_dataset_and_commands_show_it_and_have_it_again(stored, capsys):
    ports, version = stored
    assert Dataset.objects.get().hash == version.dataset_hash
    assert TrainingSession.objects.get().dataset_id == version.dataset_hash
    _, listed = say(ports, capsys, "list")
    assert [one["hash"] for one in listed["datasets"]] == [version.dataset_hash]
    _, shown = say(ports, capsys, "show", version.dataset_hash[:8])
    assert [one["rows"] for one in shown["recipe"]["series"]] == [3_000, 2_900]
    assert shown["recipe"]["measure"]["family"] == "logistic"
    assert shown["versions"] == [version.number]
    assert shown["recipe"]["series"][0]["instrument"]["venue"] == SIMULATED_VENUE
    with pytest.raises(
        ConfigError, match="too little of a hash"
    ):  # else the number of a version began one now and then
        say(ports, capsys, "show", version.dataset_hash[:1])
    code, again = say(ports, capsys, "repeat", version.dataset_hash[:8])
    assert (code, again["same"], again["differences"]) == (0, True, [])
    assert again["again"] == version.dataset_hash


def test_what_has_changed_since_is_said(stored, capsys, monkeypatch):
    ports, version = stored
    now = dataset_recipe.libraries()
    monkeypatch.setattr(assemble, "libraries", lambda _: {**now, "numba": "99.0"})
    code, again = say(ports, capsys, "repeat", version.dataset_hash)
    assert (code, again["same"], again["same_content"]) == (1, False, True)
    assert again["differences"] == [f"numba: {now['numba']} to 99.0"]
    assert again["again"] != version.dataset_hash
    monkeypatch.undo()
    other = MemoryBarStore()
    other.append(simulate("M1", bars=3_000, seed=0, symbol="AAA"))
    other.append(simulate("M1", bars=3_000, seed=9, symbol="BBB"))
    code, again = say(replace(ports, bars=other), capsys, "repeat", version.dataset_hash)
    assert (code, again["same_content"]) == (1, False)
    assert "bars of BBB: other values" in again["differences"]
