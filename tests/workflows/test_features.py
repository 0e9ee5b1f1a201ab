"""`alphaplus features`: checking, computing and explaining, and the guide to features of one's own, followed."""

import re
from pathlib import Path

import polars as pl
import pytest

from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/add-a-feature.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

LEAKING = '''
import numpy as np


def ahead(bars):
    """The next bar's return."""
    close = bars.column("close")
    return np.append(close[1:] / close[:-1] - 1.0, np.nan)


def behind(bars):
    """The last bar's return."""
    close = bars.column("close")
    return np.append(np.nan, close[1:] / close[:-1] - 1.0)
'''


def blocks(language):
    return [text for found, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")) if found == language]


@pytest.fixture(scope="module")
def candles(tmp_path_factory):
    """A year of hourly candles from a Monday on."""
    path = tmp_path_factory.mktemp("candles") / "BTCUSDT-1h.csv.gz"
    write_csv(simulate("M1", bars=8_736, seed=3, symbol="BTCUSDT"), path)
    return path


@pytest.fixture(scope="module")
def guided(module_cli, candles):
    """A home in which the guide has been followed: the feature, the set, and imported candles."""
    folder = module_cli.home / "features"
    folder.mkdir()
    (folder / "mine.py").write_text(blocks("python")[0])
    (module_cli.home / "alphaplus.toml").write_text(blocks("toml")[0])
    done = module_cli("data", "import", candles, "--symbol", "BTCUSDT", "--timeframe", "1h", "--venue", "simulated")
    assert done.code == 0, done.err
    return module_cli


def test_the_feature_of_the_guide_is_honest(guided):
    done = guided("features", "check", guided.home / "features/mine.py")
    assert done.code == 0, done.out + done.err
    assert "on 8,736 simulated bars of BTCUSDT 1h" in done.out
    assert "above_low_24 is honest" in done.out
    assert "above_low_168 is honest" in done.out
    assert "\N{BALLOT X}" not in done.out


def test_the_feature_of_the_guide_is_computed_and_is_what_it_says(guided, candles, tmp_path):
    out = tmp_path / "mine.csv"
    done = guided("features", "compute", "--columns", "above_low_24,rsi_14", "--symbols", "BTCUSDT", "--out", out)
    assert done.code == 0, done.err
    table = pl.read_csv(out)
    assert table.columns == ["symbol", "open_time", "above_low_24", "rsi_14"]
    bars = pl.read_csv(candles)
    expected = (bars["close"] / bars["low"].rolling_min(24) - 1.0).to_numpy()
    assert table["above_low_24"].to_numpy()[23:] == pytest.approx(expected[23:], rel=1e-12)
    assert table["above_low_24"].null_count() == 23


def test_a_model_trains_on_the_set_of_the_guide_and_says_what_it_dropped(guided):
    words = ("--model-type", "LOGISTIC", "--prediction-horizon", 1, "--threshold", 0, "--training-days", 300)
    done = guided("train_ml_model", "--features", "mine", "--select", "--symbols", "BTCUSDT", *words, "--json")
    assert done.code == 0, done.err
    selection = done.json["metrics"]["dataset"]["selection"]
    assert {"above_low_24", "above_low_168"} <= {*selection["kept"], *selection["dropped"]}
    assert selection["dropped"]["gap"] == "is constant"  # simulated bars open where the last one closed
    number = done.json["number"]
    dry = guided("evaluate_and_promote", "--candidate", number, "--dry-run", "--json")
    gates = {gate["name"]: gate["passed"] for gate in dry.json["gates"]}
    assert gates["features"]
    assert gates["leakage"]


def test_what_the_user_adds_is_listed_and_explained(guided):
    listed = guided("features", "list", "--category", "user", "--json").json
    assert [row["name"] for row in listed["features"]] == ["above_low_168", "above_low_24"]
    shown = guided("features", "show", "above_low_24", "--json").json["feature"]
    assert shown["unit"] == "ratio"
    assert shown["params"] == "window=24"
    assert shown["sets"] == ["mine", "all"]
    assert shown["made_of"] == ["above_low_24", "  close (bars)", "  low (bars)"]
    assert "lowest low" in shown["description"]


def test_last_bars_are_printed_and_unknown_values_are_null(guided):
    done = guided("features", "compute", "--columns", "order_book_imbalance", "hour_of_day", "--last", 2, "--json")
    assert done.json["rows"] == [
        ["BTCUSDT", "2024-12-31T22:00:00Z", None, 22.0],
        ["BTCUSDT", "2024-12-31T23:00:00Z", None, 23.0],
    ]


def test_a_parquet_file_holds_a_whole_set(guided, tmp_path):
    out = tmp_path / "mine.parquet"
    done = guided("features", "compute", "--set", "mine", "--out", out)
    assert done.code == 0, done.err
    table = pl.read_parquet(out)
    assert table.height == 8_736
    assert table.columns[-2:] == ["above_low_24", "above_low_168"]
    assert table["open_time"].dtype == pl.Datetime("ms", "UTC")
    refused = guided("features", "compute", "--set", "mine", "--out", tmp_path / "mine.txt")
    assert refused.code == 2
    assert "neither in .csv nor in .parquet" in refused.err


@pytest.mark.parametrize(("place", "told"), [("nodir/mine.csv", "there is no folder"), (".", "neither in .csv")])
def test_where_values_cannot_be_written_is_told_before_anything_is_computed(guided, tmp_path, place, told):
    done = guided("features", "compute", "--out", tmp_path / place)
    assert done.code == 2
    assert told in done.err
    assert "comp" not in done.err.split("error:")[0]  # neither compiled nor computed


def test_code_is_compiled_in_a_stage_of_its_own_and_once(guided):
    words = ("features", "compute", "--columns", "gap,body_ratio", "--last", 1)
    first, second = guided(*words), guided(*words)
    assert first.err.splitlines() == ["compiling 2 columns for 1h, once ...", "computing BTCUSDT ..."]
    assert second.err.splitlines() == ["computing BTCUSDT ..."]
    assert first.out.splitlines()[1].startswith("BTCUSDT\t2024-12-31 23:00\t")


def test_sets_are_listed_and_shown(guided):
    rows = {row["name"]: row for row in guided("features", "sets", "--json").json["sets"]}
    assert list(rows) == ["core", "lean", "volume", "full", "patterns", "candles", "mine", "all"]
    assert all(row["purpose"] for row in rows.values())
    shown = guided("features", "show", "mine", "--json").json["set"]
    assert shown["count"] == rows["mine"]["count"] == len(shown["columns"])
    lines = guided("features", "show", "full").out.splitlines()
    assert max(map(len, lines)) <= 100
    assert "did you mean core" in guided("features", "show", "croe").err
    assert "alphaplus patterns show double_top" in guided("features", "show", "double_top").err


def test_only_leaks_end_a_check_with_1(cli, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    assert cli("features", "check", "rsi_14", "--data", tmp_path / "nothing.csv").code == 2
    assert cli("features", "check", "rsi_14", "--data", wrong).code == 4
    assert cli("features", "check", "rsi_14", "--symbols", "NOSUCH").code == 4


def test_a_file_without_features_has_its_functions_named(cli, tmp_path):
    path = tmp_path / "suspect.py"
    path.write_text(LEAKING)
    done = cli("features", "check", path)
    assert done.code == 2
    assert f"{path}:ahead or {path}:behind" in done.err


def test_a_leaking_function_of_a_file_is_named_with_its_first_bar(cli, candles, tmp_path):
    path = tmp_path / "suspect.py"
    path.write_text(LEAKING)
    done = cli("features", "check", f"{path}:ahead", "--data", candles, "--json")
    assert done.code == 1
    (checked,) = done.json["checked"]
    verdicts = {verdict["check"]: verdict for verdict in checked["verdicts"]}
    (fault,) = verdicts["prefix"]["faults"]
    first = checked["bars"]
    assert (fault["column"], fault["row"], fault["expected"]) == ("ahead", 0, None)
    assert first == 3_000
    assert not verdicts["canary"]["held"]
    honest = cli("features", "check", f"{path}:behind", "--data", candles)
    assert honest.code == 0, honest.out
    assert "behind is honest as far as these bars can tell" in honest.out


def test_without_bars_a_simulated_market_is_taken_and_said(cli):
    done = cli("features", "check", "rsi_14")
    assert done.code == 0, done.err
    assert "simulated bars of SIM-N0 1h" in done.out
    assert done.out.count("\N{CHECK MARK}") == 14


@pytest.mark.parametrize(
    ("text", "told"),
    [("def x(:\n", "line 1: invalid syntax"), ("x = 1\n", "registers no feature")],
)
def test_a_file_that_cannot_be_checked_is_told_in_two_lines(cli, tmp_path, text, told):
    path = tmp_path / "wrong.py"
    path.write_text(text)
    done = cli("features", "check", path, "--quiet")
    assert done.code == 2
    assert told in done.err
    assert len(done.err.splitlines()) == 2


def test_a_broken_file_in_the_folder_stops_what_needs_features_and_nothing_else(cli, candles):
    folder = cli.home / "features"
    folder.mkdir()
    (folder / "broken.py").write_text("x = 1\n\ny = nothing\n")
    assert cli("data", "import", candles, "--symbol", "BTCUSDT", "--timeframe", "1h").code == 0
    for words in (("features", "list"), ("serve", "--port", 0)):
        done = cli(*words, "--quiet")
        assert done.code == 2, words
        assert f"{folder / 'broken.py'}, line 3: NameError: name 'nothing' is not defined" in done.err
    named = {check["name"]: check for check in cli("doctor", "--json").json["checks"]}
    assert not named["features"]["ok"]
    assert "line 3" in named["features"]["found"]
