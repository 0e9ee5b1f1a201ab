"""Bad arguments and bad places: the documented code, a sentence instead of a traceback, JSON where it was asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

WRONG = {
    "negative days": ("train", "--training-days", "-5"),
    "no horizon": ("train", "--prediction-horizon", "0"),
    "negative threshold": ("train", "--threshold", "-1"),
    "negative seed": ("train", "--seed", "-1"),
    "a slot in two parts": ("train", "--model-name", "a/b c"),
    "no workers": ("train", "--workers", "0"),
    "no minutes": ("tune", "--minutes", "0"),
    "no capital": ("run_backtest", "--capital", "nan"),
    "negative fee": ("run_backtest", "--fee-bps", "-1"),
    "standing still": ("replay", "--speed", "0"),
    "nothing to replay": ("replay", "--bars", "-3"),
    "backwards": ("run_backtest", "--timerange", "20220601-20220101"),
    "not a date": ("run_backtest", "--timerange", "yesterday-"),
    "unknown version": ("models", "show", "99"),
    "unknown feature": ("features", "show", "rsi_15"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_argument_is_a_usage_error_that_names_it(kind, module_cli):
    words = WRONG[kind]
    done = module_cli(*words, "--json")
    assert done.code == 2, done.err
    error = done.json["error"]
    assert error["message"]
    assert error["hint"]
    assert "Traceback" not in done.err
    if words[0] in {"train", "tune"}:
        assert words[1].removeprefix("--") in error["message"]
    elif words[0] not in {"models", "features"}:
        assert words[1].removeprefix("--").split("-")[-1] in error["message"] or words[2] in error["message"]


@pytest.mark.parametrize("words", [("doctor",), ("data", "list"), ("features", "list"), ("migrate",)])
def test_a_home_that_cannot_be_is_said(words, tmp_path, module_cli):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = module_cli(*words, "--home", blocked / "home")
    if words == ("features", "list"):  # it keeps nothing, so it needs no home
        assert done.code == 0
        return
    assert done.code == 1
    assert "what to do:" in done.err
    assert "Traceback" not in done.err


def test_a_port_out_of_range_is_refused_before_anything_starts(module_cli):
    done = module_cli("serve", "--port", "99999")
    assert done.code == 2
    assert "0 to 65535" in done.err


def test_names_come_in_either_case(module_cli):
    missing = module_cli("train", "--symbols", "nosuch", "--json").json["error"]
    assert "NOSUCH" in missing["message"]


def test_manage_py_does_the_same(tmp_path):
    home = tmp_path / "home"
    words = [sys.executable, str(ROOT / "manage.py"), "data", "list", "--json", "--home", str(home)]
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(words, capture_output=True, text=True, env=environ, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["series"] == []
    assert (home / "alphaplus.sqlite3").exists()
    shown = [sys.executable, str(ROOT / "manage.py"), "train", "--help"]
    assert "--training-days" in subprocess.run(shown, capture_output=True, text=True, env=environ, check=True).stdout
