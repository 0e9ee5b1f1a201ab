"""Settings: their precedence, and errors that name the setting and the remedy."""

import pytest

from alphaplus.core.config import load_settings
from alphaplus.core.errors import ConfigError


def test_flag_beats_environment_beats_file_beats_default(home):
    (home / "alphaplus.toml").write_text("workers = 1\n[web]\nport = 7001\n[fusion]\nml_weight = 0.4\n")
    environ = {"ALPHAPLUS_HOME": str(home), "ALPHAPLUS_WEB__PORT": "7002", "ALPHAPLUS_WORKERS": "2"}
    settings = load_settings(environ, {"workers": 3})
    assert (settings.workers, settings.web.port, settings.fusion.ml_weight) == (3, 7002, 0.4)
    assert settings.fusion.rule_based_weight == 0.7
    assert settings.home == home


def test_an_unknown_setting_names_its_origin_and_the_nearest_name(home):
    with pytest.raises(ConfigError, match=r"fusion.ml_wait from environment.*fusion.ml_weight"):
        load_settings({"ALPHAPLUS_HOME": str(home), "ALPHAPLUS_FUSION__ML_WAIT": "1"})


def test_a_value_out_of_range_is_refused(home):
    with pytest.raises(ConfigError, match=r"web\.port"):
        load_settings({"ALPHAPLUS_HOME": str(home), "ALPHAPLUS_WEB__PORT": "99999"})
    with pytest.raises(ConfigError, match=r"^setting workers from flag: nobody would do the work"):
        load_settings({"ALPHAPLUS_HOME": str(home)}, {"workers": 0})


def test_broken_toml_names_the_file(home):
    (home / "alphaplus.toml").write_text("web = [")
    with pytest.raises(ConfigError, match=r"alphaplus\.toml is not valid TOML"):
        load_settings({"ALPHAPLUS_HOME": str(home)})


def test_settings_are_frozen(home):
    settings = load_settings({"ALPHAPLUS_HOME": str(home)})
    with pytest.raises(ValueError, match="frozen"):
        settings.workers = 2
