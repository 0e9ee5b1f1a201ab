"""Steps that cannot work are refused with their name, their file and what is wrong."""

import pytest

from alphaplus.core.errors import ConfigError
from alphaplus.features.compiler import _compile_once, _kernel
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import feature
from alphaplus.features.sets import FeatureSet
from alphaplus.features.state import compiled


def declare(step, **changes):
    step.__doc__ = "A step.\n\nReference: test."
    feature(**({"inputs": ("close",), "outputs": ("made",), "unit": "price"} | changes))(step)


def compute(walk):
    return compute_features(walk(50), FeatureSet("faulty", ("return_1", "made")))


def test_a_step_that_does_not_compile_is_named_with_its_line(catalog, walk):
    def wordy(s, b, n, close):
        text = {"close": close}
        return text.upper()

    declare(wordy)
    with pytest.raises(ConfigError, match=r"feature wordy of .*test_faulty\.py, line \d+, does not compile") as refused:
        compute(walk)
    assert len(refused.value.message) < 600


def test_an_unknown_name_in_a_step_is_named(catalog, walk):
    def absent(s, b, n, close):
        return close * unheard_of  # noqa: F821 - that is the point

    declare(absent)
    with pytest.raises(ConfigError, match=r"feature absent of .*, does not compile: .*unheard_of"):
        compute(walk)


@pytest.mark.parametrize("outputs", [("made",), ("made", "more", "most")])
def test_a_step_that_returns_another_number_of_values_is_named(catalog, walk, outputs):
    def pair(s, b, n, close):
        return close, close

    declare(pair, outputs=outputs)
    with pytest.raises(ConfigError, match=f"feature pair of .*, returns .*expected {len(outputs)} number"):
        compute(walk)


def test_a_step_may_not_raise(catalog):
    def harsh(s, b, n, close):
        if close > 100:
            raise ValueError("too dear")
        return close

    def sceptical(s, b, n, close):
        assert close > 0
        return close

    for step in (harsh, sceptical):
        with pytest.raises(ConfigError, match=rf"step {step.__name__} raises or asserts .*test_faulty"):
            declare(step)


def test_a_refused_step_leaves_the_catalog_as_it_was(catalog, walk):
    def harsh(s, b, n, close):
        raise ValueError("always")

    with pytest.raises(ConfigError):
        declare(harsh)

    def mild(s, b, n, close):
        return close

    declare(mild)
    assert compute(walk).column("made")[-1] == walk(50).column("close")[-1]


def test_a_step_that_returns_nothing_at_times_is_refused_again_by_the_next_process(catalog, walk, tmp_path):
    """Its code is kept by the compiler before it is looked at; what is refused must not be found there."""

    def silent(s, b, n, close):
        return close if n > 3 else None

    declare(silent)
    for _ in range(2):
        _compile_once.cache_clear()  # as a new process
        _kernel.cache_clear()
        with pytest.raises(ConfigError, match=r"feature silent of .*, returns Option"):
            compute_features(walk(50), FeatureSet("faulty", ("return_1", "made")), cache_folder=tmp_path / "cache")


def test_a_helper_of_a_step_may_not_raise(catalog, walk):
    @compiled
    def strict(value):
        if value > 100:
            raise ValueError("too dear")
        return value

    def trusting(s, b, n, close):
        return strict(close)

    declare(trusting)
    with pytest.raises(
        ConfigError, match=r"feature trusting of .*, calls strict, which raises or asserts .*test_faulty"
    ):
        compute(walk)
