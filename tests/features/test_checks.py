"""The tests of the tests: planted faults must be found, honest user features must pass."""

from math import nan

import numpy as np
import pytest

from alphaplus.features import checks
from alphaplus.features.checks import DishonestFeature, check_feature
from alphaplus.features.contract import feature
from alphaplus.features.sets import FeatureSet
from alphaplus.features.talib import talib_feature


@pytest.fixture(scope="module")
def bars(walk):
    return walk(4_000)


def plant(step, **declared):
    step.__doc__ = "A planted step.\n\nReference: test."
    defaults = {"inputs": ("close",), "outputs": ("planted",), "unit": "price"}
    feature(**(defaults | declared))(step)


def test_an_honest_feature_of_a_user_passes(bars, catalog):
    plant(lambda_spread, inputs=("high", "low", "close"), history={"close": 3}, warmup=3, memory=3)
    check_feature("planted", bars)


def lambda_spread(s, b, n, high, low, close):
    return (high - low) / s[close - 2]


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_planted_leak_is_caught_by_prefix_and_by_poison(bars, noise):
    """The next return, drowned in noise three times its size: the skill would be tiny, the leak is still plain."""
    trial = checks.Trial.begin(FeatureSet("honest", ("return_1",)), bars.rows(0, 800))

    def leaking(rows):
        values = trial.compute(rows)
        known = np.nan_to_num(values[:, 0])
        future = np.append(known[1:], 0.0)
        seeded = np.random.default_rng(3).normal(0, 0.01, len(trial.rows))[: len(rows)]
        return np.column_stack([values, future + noise * seeded])

    columns = ("return_1", "leak")
    rng = np.random.default_rng(1)
    assert set(checks.prefix_faults(leaking, trial.rows, columns, rng)) == {"leak"}
    assert set(checks.poison_faults(leaking, trial.rows, columns, rng)) == {"leak"}


def test_a_leak_through_a_batch_function_is_caught(bars, catalog, monkeypatch):
    """Only batch calls see more than one bar; one that centres its window betrays itself in every check."""
    import talib

    def centred(close):
        smooth = np.convolve(close, np.ones(5) / 5, mode="same")
        return np.where(np.arange(len(close)) < 4, np.nan, smooth)

    class Stream:
        def __init__(self, close):
            self.closes = list(close)

        def update(self, close):
            self.closes.append(close)
            return centred(np.array(self.closes))[-1]

        def peek(self, close):
            return centred(np.array([*self.closes, close]))[-1]

    monkeypatch.setattr(talib, "CENTRED", centred, raising=False)
    monkeypatch.setattr(talib.stream, "CENTRED", Stream, raising=False)
    talib_feature(
        "CENTRED",
        inputs=("close",),
        outputs=("planted",),
        options={},
        warmup=5,
        group="test",
        unit="price",
        description="A centred mean.",
    )
    with pytest.raises(DishonestFeature) as caught:
        check_feature("planted", bars)
    for words in ("streams like its batch", "prefix", "poison"):
        assert words in str(caught.value)


def test_a_step_that_remembers_outside_its_state_is_caught(bars, catalog):
    """An odd slot of another feature, or of the header, is no place to write to."""

    def step(s, b, n, close):
        s[1] += 1.0  # the count of bars since the origin
        return close * s[1]

    plant(step, state=1)
    with pytest.raises(DishonestFeature, match=r"begins|forgets"):
        check_feature("planted", bars)


@pytest.mark.parametrize(("declared", "found"), [(4, "first value at bar 5"), (6, "first value at bar 5")])
def test_a_wrong_warmup_is_caught(bars, catalog, declared, found):
    def step(s, b, n, close):
        return s[close - 4]

    plant(step, history={"close": 5}, warmup=declared, memory=5)
    with pytest.raises(DishonestFeature, match=found):
        check_feature("planted", bars)


def test_a_wrong_memory_is_caught(bars, catalog):
    def step(s, b, n, close):
        s[b] = close if n == 0 else s[b] + (close - s[b]) / 50.0
        return s[b]

    plant(step, state=1, memory=100)
    with pytest.raises(DishonestFeature, match="forgets as declared"):
        check_feature("planted", bars)


def test_more_memory_than_bars_is_said_and_not_passed_over(bars, catalog):
    def step(s, b, n, close):
        return close

    plant(step, memory=10_000)
    with pytest.raises(DishonestFeature, match="cannot show a memory"):
        check_feature("planted", bars)


def test_infinity_is_caught(bars, catalog):
    def step(s, b, n, close, open_):
        return 1.0 / (close - open_)

    plant(step, inputs=("close", "open"))
    flat = bars.table["close"].to_numpy() == bars.table["open"].to_numpy()
    assert flat.any()
    with pytest.raises(DishonestFeature, match="infinite"):
        check_feature("planted", bars)


def test_a_feature_that_is_never_known_is_caught(bars, catalog):
    def step(s, b, n, close):
        return nan

    plant(step)
    with pytest.raises(DishonestFeature, match="first value at bar None"):
        check_feature("planted", bars)


def test_a_feature_that_says_carry_and_is_lost_is_caught(bars, catalog):
    def step(s, b, n, open_time, close):
        gap = open_time - s[b]
        s[b] = open_time
        return nan if n > 0 and gap > 5e7 else close

    plant(step, inputs=("open_time", "close"), state=1, gaps="carry", memory=1)
    with pytest.raises(DishonestFeature, match="carried over gaps"):
        check_feature("planted", bars)
