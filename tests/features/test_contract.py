"""Declarations that do not fit are refused when they are made, with what was expected."""

import polars as pl
import pytest

from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import feature, features, listed, total_memory, total_warmup
from alphaplus.features.listing import AS_THE_COLUMN, BAR_UNITS, unit_of
from alphaplus.features.listing import catalog as feature_table
from alphaplus.features.needs import BAR_COLUMNS
from alphaplus.features.sets import FeatureSet


def step(s, b, n, close, window):
    """A step.

    Reference: test.
    """
    return close * window


def declare(function=step, **changes):
    declared = {"inputs": ("close",), "outputs": ("made_{window}",), "variants": ({"window": 3},), "unit": "price"}
    return feature(**(declared | changes))(function)


def test_the_function_stays_what_it_was(catalog):
    assert declare() is step
    spec = catalog.get("made_3")
    assert spec.arguments == (3,)
    assert spec.description == "A step."
    assert spec.reference == "test."
    assert spec.group == "user"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variants": ({"width": 3},), "outputs": ("made",)}, "does not fit"),
        ({"variants": ({},), "outputs": ("made",)}, "does not fit"),
        ({"inputs": ("close", "open")}, "does not fit"),
        ({"history": {"open": 3}}, "which are no inputs"),
        ({"optional": ("buy_volume",)}, "which are no inputs"),
        ({"outputs": ("close",)}, "cannot give a column"),
        ({"outputs": ("Made",)}, "cannot give a column"),
        ({"outputs": ("rsi_14",)}, "two features are called 'rsi_14'"),
        ({"gaps": "forget"}, "gaps='forget'"),
        ({"gaps": "carry", "history": {"close": 2}}, "cannot carry"),
        ({"history": {"close": 0}}, "below 1"),
        ({"warmup": 0}, "below 1"),
        ({"unit": ("price", "ratio")}, "declares 2 units for its 1 columns made_3"),
        (
            {"outputs": ("made_{window}", "other"), "unit": ("price",)},
            "declares 1 units for its 2 columns made_3, other",
        ),
        ({"variants": ({"window": 3, "every": "7h"},)}, "unknown timeframe"),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused(catalog, changes, message):
    with pytest.raises(ConfigError, match=message):
        declare(**changes)


def test_a_step_without_a_reference_is_refused(catalog):
    def bare(s, b, n, close, window):
        """Say nothing about where it comes from."""
        return close

    with pytest.raises(ConfigError, match="Reference:"):
        declare(bare)


def test_a_circle_of_features_is_refused(catalog, walk):
    declare(inputs=("there_{window}",), outputs=("here_{window}",))
    declare(inputs=("here_{window}",), outputs=("there_{window}",))
    with pytest.raises(ConfigError, match="circle"):
        compute_features(walk(5), FeatureSet("circle", ("here_3",)))


def test_an_unknown_input_is_named_when_the_set_is_computed(catalog, walk):
    declare(inputs=("clse",))
    with pytest.raises(UnknownName, match="clse"):
        compute_features(walk(5), FeatureSet("typo", ("made_3",)))


def test_a_side_column_cannot_be_read_on_a_higher_clock(catalog, walk):
    declare(inputs=("buy_volume",), variants=({"window": 3, "every": "4h"},))
    with pytest.raises(ConfigError, match="higher clocks do not build"):
        compute_features(walk(5), FeatureSet("clock", ("h4_made_3",)))


def test_warmup_and_memory_add_up_along_the_chain():
    assert total_warmup("rsi_14") == 15
    assert total_warmup("rsi_14_lag_5") == 20
    assert total_warmup("adx_14") == 28
    assert total_warmup("stochastic_d") == 18
    assert total_memory("adx_14") == 562
    assert total_memory("obv") is None
    assert total_memory("obv_slope_20") is not None
    assert total_warmup("h4_rsi_14") == 15


def test_the_table_of_features_lists_every_column():
    table = feature_table()
    assert set(table["name"]) == set(listed())
    for column in ("name", "category", "unit", "inputs", "params", "warmup", "memory", "reference", "description"):
        assert column in table.columns
    row = table.row(by_predicate=pl.col("name") == "rsi_14", named=True)
    assert row["category"] == "momentum"
    assert row["inputs"] == "close"
    assert row["params"] == "window=14"
    assert row["warmup"] == 15


def test_a_unit_is_that_of_the_column_with_its_params(catalog):
    declare(outputs=("made_{window}", "other"), unit=("ratio in [0, {window}]", "price"), variants=({"window": 3},))
    assert catalog.get("made_3").units == {"made_3": "ratio in [0, 3]", "other": "price"}


def test_every_column_has_a_unit_of_its_own():
    units = dict(feature_table().select("name", "unit").iter_rows())
    assert [name for name, unit in units.items() if not unit or "; " in unit or AS_THE_COLUMN in unit] == []
    assert units["taker_imbalance"] == "ratio in [-1, 1]"
    assert units["distance_to_support_atr"] == "average true ranges in [0, 20]"
    assert units["depth_ratio_20"] == "ratio in [0, 20]"


def test_the_unit_of_a_lag_is_that_of_its_column():
    assert unit_of("rsi_14_lag_1") == "points in [0, 100]"
    assert unit_of("log_return_1_max_20") == unit_of("log_return_1") == "natural logarithm"
    assert unit_of("bollinger_percent_b_lag_3") == unit_of("bollinger_percent_b")


def test_the_unit_of_a_lag_follows_lags_bars_and_clocks(catalog):
    declare(outputs=("once_{window}",), unit=AS_THE_COLUMN, variants=({"window": 3}, {"window": 3, "every": "4h"}))
    declare(inputs=("once_3",), outputs=("twice_{window}",), unit=AS_THE_COLUMN)
    declare(
        inputs=("rsi_14",), outputs=("slow_{window}",), unit=AS_THE_COLUMN, variants=({"window": 3, "every": "4h"},)
    )
    assert unit_of("twice_3") == unit_of("h4_once_3") == "price"
    assert unit_of("h4_slow_3") == "points in [0, 100]"


def test_every_column_of_bars_has_a_unit():
    assert BAR_COLUMNS - set(features.names()) == set(BAR_UNITS)
