"""`alphaplus volume` and ap.analyze_volume: stored bars in, one readable answer out, with what models say."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

import alphaplus as ap
from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.enums import Stage
from alphaplus.core.errors import MissingBars
from alphaplus.core.parallel import Backend
from alphaplus.core.records import AuditEvent
from alphaplus.features.engine import FeatureEngine
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.compute import ComputeRequest, compute
from alphaplus.workflows.train import TrainRequest, train
from alphaplus.workflows.volume import VolumeRequest, analyze_stored

BARS = simulate("M1", bars=4_000, seed=1, symbol="AAA")
HOLE = "no order book in these bars"


class Forgetful:
    """A journal that keeps nothing."""

    def trained(self, version, summary, recipe=None):
        pass


@pytest.fixture(scope="module")
def ports(new_home):
    """Ports on memory in which a version serves AAA, and bars came after its training."""
    home = new_home()
    ports = Ports(
        bars=MemoryBarStore(),
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=Forgetful(),
        clock=FixedClock(1_735_689_600_000),
        settings=Settings(home=home, parallel=Backend.THREADS),
        progress=Silent(),
    )
    ports.bars.append(BARS.rows(0, 3_900))
    request = TrainRequest(symbols=("AAA",), family="logistic", horizon=1, threshold=0.0, features="lean")
    version, _ = train(request, ports)
    promoted = AuditEvent(1, "test", "promote", str(version.number), "staging", "production", "test")
    ports.models.change([(version.number, Stage.PRODUCTION)], promoted)
    ports.bars.append(BARS)
    return ports


def test_the_version_that_serves_is_heard(ports):
    answer = analyze_stored(VolumeRequest(symbols=("AAA",)), ports)[0]
    (said,) = answer.predictions
    assert (said.version, said.as_of, said.target) == (1, int(BARS.close_time[-1]), "signal_direction")
    assert f"prediction     {said.value:.3f} for signal_direction over 1 bars" in repr(answer)
    assert answer.to_dict()["predictions"][0]["value"] == said.value


def test_a_version_is_silent_about_bars_that_it_learned_from(ports):
    early = replace(ports, bars=MemoryBarStore())
    early.bars.append(BARS.between(0, ports.models.get(1).trained_to))
    assert analyze_stored(VolumeRequest(), early)[0].predictions == ()


def test_a_version_that_is_broken_is_left_out_and_told(ports, caplog):
    broken = replace(ports, artifacts=FileArtifactStore(ports.settings.home / "empty"))
    answer = analyze_stored(VolumeRequest(symbols=("AAA",)), broken)[0]
    assert answer.predictions == ()
    assert answer.score is not None
    assert "version gave no prediction" in caplog.text


def test_stored_bars_give_the_answer_of_the_python_api(ports):
    stored = analyze_stored(VolumeRequest(), ports)[0]
    assert replace(stored, predictions=()) == ap.analyze_volume(ports.bars.read("AAA", Timeframe.H1))


def test_a_model_of_a_notebook_is_heard_too():
    dataset = ap.make_dataset(BARS.rows(0, 3_500), features="lean", horizon=1, threshold=0)
    model = ap.train(dataset, family="logistic").model
    (said,) = ap.analyze_volume(BARS, model).predictions
    expected = model.values(model.predict(ap.compute_features(BARS, "lean")))[-1]
    assert (said.value, said.version, said.horizon) == (expected, 0, 1)


def test_a_symbol_without_bars_is_missing(ports):
    with pytest.raises(MissingBars):
        analyze_stored(VolumeRequest(symbols=("BBB",)), ports)


@pytest.fixture(scope="module")
def cli_with_bars(module_cli, tmp_path_factory):
    """A home with stored hours of one symbol."""
    path = tmp_path_factory.mktemp("files") / "BTCUSDT-1h.csv.gz"
    write_csv(simulate("N0", bars=600, seed=3), path)
    done = module_cli("data", "import", path, "--symbol", "BTCUSDT", "--timeframe", "1h")
    assert done.code == 0, done.err
    return module_cli


def test_the_command_prints_the_answer(cli_with_bars):
    done = cli_with_bars("volume", "BTCUSDT", "--timeframe", "1h")
    assert done.code == 0, done.err
    assert done.out.startswith("BTCUSDT 1h, ")
    assert "volume score" in done.out
    assert f"{HOLE}: order_book_imbalance, bid_depth_0_5" in done.out
    assert "volume_pattern_type\t" in done.out


def test_the_command_speaks_json(cli_with_bars):
    (answer,) = cli_with_bars("volume", "--json").json["analyses"]
    assert (answer["symbol"], answer["timeframe"], answer["simulated"]) == ("BTCUSDT", "1h", False)
    assert answer["columns"]["spread_bps"] is None
    assert "spread_bps" in answer["missing"][HOLE]
    assert -1 <= answer["score"] <= 1


def test_an_unknown_symbol_ends_with_the_code_for_missing_data(cli_with_bars):
    done = cli_with_bars("volume", "NOSUCH")
    assert done.code == 4
    assert "NOSUCH" in done.err


def test_one_missing_symbol_leaves_the_answer_of_the_other(cli_with_bars):
    done = cli_with_bars("volume", "BTCUSDT", "NOSUCH")
    assert done.code == 4
    assert done.out.startswith("BTCUSDT 1h, ")
    assert "no bars of NOSUCH 1h" in done.err
    told = cli_with_bars("volume", "BTCUSDT", "NOSUCH", "--json").json
    assert [answer["symbol"] for answer in told["analyses"]] == ["BTCUSDT"]
    assert "NOSUCH" in told["missing"][0]


def test_one_missing_symbol_leaves_the_features_of_the_other(cli_with_bars):
    done = cli_with_bars("features", "compute", "--columns", "rsi_14", "--symbols", "NOSUCH,BTCUSDT")
    assert done.code == 4
    assert "BTCUSDT" in done.out
    assert "no bars of NOSUCH 1h" in done.err


def test_a_missing_series_that_can_be_resampled_says_so(cli_with_bars):
    named = cli_with_bars("volume", "btcusdt", "--timeframe", "4h").err
    assert "alphaplus data resample --symbols BTCUSDT --timeframe 1h --to 4h" in named
    assert "alphaplus data resample --timeframe 1h --to 4h" in cli_with_bars("volume", "--timeframe", "4h").err
    assert "resample" not in cli_with_bars("volume", "BTCUSDT", "--timeframe", "30m").err


def test_compiling_is_told_as_a_stage_once(ports, tmp_path):
    stages = []
    told = SimpleNamespace(stage=lambda name, total=None: stages.append(name), advance=lambda done, note="": None)
    cold = replace(ports, settings=Settings(home=tmp_path), progress=told)
    nobody_else_computes = ("rsi_7", "return_3", "rsi_14", "ema_9")  # a process compiles a set only once
    request = ComputeRequest(columns=nobody_else_computes, symbols=("AAA",), last=1)
    compute(request, cold)
    compute(request, cold)
    assert stages == ["compiling 4 columns for 1h, once", "computing AAA", "computing AAA"]


@pytest.mark.parametrize("home", ["home", "/proc/nope"])
def test_notebooks_keep_compiled_code_in_the_home_or_do_without(home, tmp_path, monkeypatch, caplog):
    home = tmp_path / home
    monkeypatch.setenv("ALPHAPLUS_HOME", str(home))
    assert ap.compute_features(BARS.rows(0, 50), ["rsi_14"]).values.shape == (50, 1)
    assert isinstance(ap.FeatureEngine("lean", BARS.instrument, BARS.timeframe), FeatureEngine)
    assert home.exists() == ("compiled code is not kept" not in caplog.text)
