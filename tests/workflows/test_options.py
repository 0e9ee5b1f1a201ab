"""The command line: names, aliases, spellings, and help that answers at once."""

import re
import subprocess
import sys

import pytest

from alphaplus.__main__ import main
from alphaplus.core.parallel import Backend
from alphaplus.datasets import splits
from alphaplus.workflows import options


def parse(*words):
    words = options.spelled(words)
    command = options.find(words[0])
    return options.command_parser(command, prog=f"alphaplus {words[0]}").parse_args(words[1:])


def test_the_specified_training_command_parses():
    given = parse(
        *("train_ml_model", "--model-type", "LIGHTGBM", "--target", "signal_direction"),
        *("--symbols", "BTCUSDT", "ETHUSDT", "--timeframe", "1h", "--training-days", "730"),
        *("--prediction-horizon", "24", "--walk-forward", "--json"),
    )
    assert (given.symbols, given.training_days, given.prediction_horizon) == (["BTCUSDT", "ETHUSDT"], 730, [24])
    assert (given.walk_forward, given.json) == ("expanding", True)


def test_lists_take_spaces_or_commas_and_flags_either_spelling():
    given = parse("train", "--symbol", "BTCUSDT,ETHUSDT", "--training_days=30", "--prediction_horizon", "1")
    assert (given.symbols, given.training_days, given.prediction_horizon) == (["BTCUSDT", "ETHUSDT"], 30, [1])


def test_models_targets_horizons_and_regimes_may_be_several():
    given = parse(
        *("train", "--model-type", "LIGHTGBM", "LOGISTIC", "--target", "signal_direction,target_return"),
        *("--prediction-horizon", "1,2", "24", "--regime", "all", "bull", "--each", "--workers", "2"),
        *("--parallel", "RAY", "--dry-run"),
    )
    assert (given.model_type, given.target) == (["LIGHTGBM", "LOGISTIC"], ["signal_direction", "target_return"])
    assert (given.prediction_horizon, given.regime) == ([1, 2, 24], ["all", "bull"])
    assert (given.each, given.workers, given.parallel, given.dry_run, given.again) == (True, 2, "ray", True, False)
    with pytest.raises(SystemExit):
        parse("train", "--prediction-horizon", "soon")


def test_the_back_ends_of_the_flag_are_those_of_the_library():
    assert set(options.PARALLEL) == {backend.value for backend in Backend}


def test_the_ways_to_split_of_the_flag_are_those_of_the_library():
    assert options.SPLITS == splits.SPLITS
    assert parse("train", "--splits", "KFOLD").splits == "kfold"
    with pytest.raises(SystemExit):
        parse("train", "--splits", "kfold", "--walk-forward", "rolling")


def test_label_parameters_and_weights_of_a_training():
    given = parse("train", "--target", "profitable", "--label", "target=3", "stop=1.5", "--half-life-days", "90")
    assert (given.target, given.label) == (["profitable"], ["target=3", "stop=1.5"])
    assert (given.half_life_days, given.balance_classes) == (90.0, False)
    assert parse("train", "--balance-classes").balance_classes
    assert parse("tune", "--weight-by-return").weight_by_return


def test_candidate_artifact_is_accepted_for_candidate():
    assert parse("evaluate_and_promote", "--candidate_artifact", "7").candidate == "7"


@pytest.mark.parametrize(("word", "meant"), [("trian", "train"), ("sevre", "serve"), ("run_backtests", "run_backtest")])
def test_a_misspelt_command_suggests_the_closest(word, meant, capsys):
    assert main([word]) == 2
    assert f"did you mean {meant!r}?" in capsys.readouterr().err


def test_a_misspelt_action_suggests_the_closest(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["data", "imprt"])
    assert stop.value.code == 2
    assert "did you mean 'import'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["train", "--modeltype", "XGBOOST"], "--model-type"),
        (["models", "show", "1", "--jsn"], "--json"),
        (["models", "import", "model.txt", "--columns", "rsi_14", "--trained-until=2022"], "--trained-to"),
    ],
)
def test_a_misspelt_flag_suggests_the_closest(words, meant, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert f"did you mean {meant}?" in said
    assert len(said.splitlines()) < 10  # all flags of a training would bury it


def test_labels_of_the_help_are_those_of_the_library():
    from alphaplus.datasets.labelling import labels

    assert set(re.findall(r"[a-z_]+", options.LABELS)) - {"default", "or"} == set(labels())


@pytest.mark.parametrize("command", [command.name for command in options.COMMANDS])
def test_help_loads_nothing_heavy(command):
    code = (
        "import sys\nfrom alphaplus.__main__ import main\n"
        f"try:\n    main(['{command}', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'polars', 'django', 'numba', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout or command in {"data", "datasets", "features", "models", "patterns"}


def test_every_command_has_a_purpose_and_a_runnable_example():
    for command in options.COMMANDS:
        assert command.purpose
        for example in command.examples:
            name, *words = example.split()[1:]
            assert options.find(name) is command
            options.command_parser(command, prog=name).parse_args(options.spelled(words))
