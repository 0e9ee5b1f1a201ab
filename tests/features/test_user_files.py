"""Features of the user: found by name, hashed with their code, in sets of their own, and told of when they fail."""

import pytest

from alphaplus.core import plugins
from alphaplus.core.config import load_settings
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.features import sets
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import FeatureSet, feature_set, feature_sets, use_sets
from alphaplus.features.user import load_columns, load_function, use_settings


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch, catalog):
    monkeypatch.setattr(plugins, "_folders", [])
    monkeypatch.setattr(plugins, "_loaded", {})
    monkeypatch.setattr(sets, "_OWN", {})


@pytest.fixture
def write(tmp_path):
    """Write a file of steps, each `name, inputs, body` and what else is declared."""

    def to(name, *steps, head=""):
        text = "from math import sqrt\n\nfrom alphaplus.features.contract import feature\n" + head
        for step, inputs, body, *declared in steps:
            more = ", ".join(["", *declared])
            text += (
                f'\n\n@feature(inputs={inputs!r}, unit="price"{more or ", outputs=(" + repr(step) + ",)"})\n'
                f"def {step}(s, b, n, {', '.join(inputs)}):\n"
                f'    """Planted.\n\n    Reference: test.\n    """\n    {body}\n'
            )
        path = tmp_path / name
        path.write_text(text)
        return path

    return to


def test_a_file_gives_columns_that_are_computed_by_name(write, walk):
    bars = walk(50)
    assert load_columns(write("mine.py", ("tripled", ("close",), "return 3.0 * close"))) == ("tripled",)
    assert compute_features(bars, ["tripled"]).column("tripled") == pytest.approx(3.0 * bars.column("close"), rel=1e-15)


def test_settings_bring_the_folder_and_the_sets(write, home, monkeypatch):
    (home / "features").mkdir()
    write("home/features/mine.py", ("tripled", ("close",), "return 3.0 * close"))
    (home / "alphaplus.toml").write_text('[feature_sets]\nmine = ["lean", "tripled"]\nsmall = ["tripled"]\n')
    use_settings(load_settings({"ALPHAPLUS_HOME": str(home), "ALPHAPLUS_FEATURE_SETS__OTHER": "return_1, tripled"}))
    lean = feature_set("lean").columns
    assert feature_set("mine").columns == (*lean, "tripled")
    assert feature_set("other").columns == ("return_1", "tripled")
    assert {"lean", "mine", "small", "other"} <= {one.name for one in feature_sets()}
    assert plugins.folders() == ((home / "features").resolve(),)


def test_another_folder_can_be_named(tmp_path):
    assert load_settings({"ALPHAPLUS_FEATURES": str(tmp_path)}).features_folder == tmp_path


def test_sets_that_cannot_be_are_refused():
    for name in ("core", "patterns"):
        with pytest.raises(ConfigError, match=f"feature set {name} is shipped"):
            use_sets({name: ["return_1"]})
    use_sets({"a": ["b", "rsi_14"], "b": ["a"], "c": ["rsi_41"]})
    with pytest.raises(ConfigError, match="a -> b -> a"):
        feature_set("a")
    with pytest.raises(UnknownName, match="rsi_41"):
        feature_set("c")


def test_the_hash_of_a_set_covers_the_code_of_the_user(write, monkeypatch, catalog):
    hashes = []
    for factor in ("2.0", "3.0", "3.0"):
        catalog._things.pop("scaled", None)
        monkeypatch.setattr(plugins, "_loaded", {})
        load_columns(write("mine.py", ("scaled", ("close",), "return FACTOR * close"), head=f"\nFACTOR = {factor}\n"))
        hashes.append(FeatureSet("mine", ("scaled",)).hash)
    assert hashes[0] != hashes[1] == hashes[2]


def test_the_hash_covers_long_arrays_that_a_step_reads(write, monkeypatch, catalog):
    """The text of a long array leaves out its middle; its content does not."""
    hashes = []
    for middle in (1.0, 2.0):
        catalog._things.pop("looked_up", None)
        monkeypatch.setattr(plugins, "_loaded", {})
        head = f"import numpy as np\n\nTABLE = np.zeros(5_000)\nTABLE[2_500] = {middle}\n"
        load_columns(write("mine.py", ("looked_up", ("close",), "return TABLE[n % 5_000]"), head=head))
        hashes.append(FeatureSet("mine", ("looked_up",)).hash)
    assert hashes[0] != hashes[1]


def test_a_circle_names_feature_file_and_line(write):
    path = write("ring.py", ("one", ("two",), "return two"), ("two", ("one",), "return one"))
    with pytest.raises(ConfigError, match=rf"feature one of {path}, line 7, needs itself .*: one -> two -> one"):
        load_columns(path)


def test_an_unknown_input_names_feature_file_line_and_what_was_meant(write, catalog):
    path = write("odd.py", ("odd", ("rsi_15",), "return rsi_15"))
    with pytest.raises(ConfigError, match=rf"feature odd of {path}, line 7, needs 'rsi_15'.*rsi_14"):
        load_columns(path)
    assert "odd" not in catalog.names()


def test_a_name_that_is_taken_names_file_and_line(write):
    with pytest.raises(ConfigError, match=r"dup\.py, line 6: two features are called 'rsi_14'"):
        load_columns(write("dup.py", ("rsi_14", ("close",), "return close")))


FAILING = {
    "does not compile: NameError: name 'nowhere' is not defined": "return close * nowhere",
    "line 12, does not compile: No implementation of function Function(<built-in function len>) found for signature": (
        "return len(close) * 1.0"
    ),
    "returns none, expected 1 number": "s[b] = close",
    "returns OptionalType(float64), expected 1 number": "return close if n > 3 else None",
}


@pytest.mark.parametrize("told", FAILING)
def test_a_step_that_fails_is_named_with_file_and_line(write, walk, told):
    path = write("bad.py", ("failing", ("close",), FAILING[told], 'outputs=("failing",)', "state=1"))
    load_columns(path)
    with pytest.raises(ConfigError) as caught:
        compute_features(walk(50), ["rsi_14", "failing"])
    assert str(caught.value).startswith(f"feature failing of {path}, line ")
    assert told in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_function_is_found_by_its_name(write):
    path = write("plain.py", head="\n\ndef doubled(bars):\n    return 2.0 * bars.column('close')\n")
    assert callable(load_function(path, "doubled"))
    with pytest.raises(UnknownName, match="did you mean doubled"):
        load_function(path, "doubledd")
