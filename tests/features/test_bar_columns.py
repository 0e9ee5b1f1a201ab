"""Side columns of the bars as columns of a set: handed on as they are, with features built beside them."""

import numpy as np
import pytest

from alphaplus.core.errors import ConfigError
from alphaplus.features.compute import compute_features
from alphaplus.features.contract import bar_column, features, total_memory, total_warmup
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet

BOOK = ("bid_depth_0_5", "spread_bps", "microprice")
DEPTHS = tuple(f"{side}_depth_{band}" for side in ("bid", "ask") for band in ("0_5", "1_0", "2_0"))
WITHOUT_ORACLE = dict.fromkeys(
    (*DEPTHS, "spread_bps", "microprice"), "handed on as the bars carry it, see the tests below"
)


@pytest.fixture(scope="module")
def spread(walk):
    """Bars whose spread is known, here and there."""
    bars = walk(200)
    values = np.random.default_rng(3).exponential(2, 200)
    values[50:60] = np.nan
    return type(bars)(bars.instrument, bars.timeframe, bars.table.with_columns(spread_bps=values))


def test_a_side_column_is_given_as_it_is_and_missing_where_the_bars_lack_it(spread):
    got = compute_features(spread, FeatureSet("book", ("close_location", *BOOK)))
    assert np.array_equal(got.column("spread_bps"), spread.column("spread_bps"), equal_nan=True)
    assert np.isnan(got.column("bid_depth_0_5")).all()
    assert np.isfinite(got.column("close_location")).all()


def test_a_set_may_hold_nothing_but_side_columns(spread):
    got = compute_features(spread, FeatureSet("spread", ("spread_bps",)))
    assert np.array_equal(got.values[:, 0], spread.column("spread_bps"), equal_nan=True)


def test_a_feature_reads_the_side_column_that_the_set_names_too(spread):
    both = compute_features(spread, FeatureSet("both", ("spread_bps", "spread_ratio_20")))
    alone = compute_features(spread, FeatureSet("alone", ("spread_ratio_20",)))
    assert np.array_equal(both.column("spread_ratio_20"), alone.column("spread_ratio_20"), equal_nan=True)
    assert np.isfinite(alone.values[19:50]).all()
    assert np.isnan(alone.values[50:79]).all()


def test_pushed_bars_hand_it_on_too(spread):
    engine = FeatureEngine(FeatureSet("book", ("spread_bps",)), spread.instrument, spread.timeframe)
    rows = spread.matrix(engine.inputs)
    assert engine.inputs == ("open_time", "open", "high", "low", "close", "volume", "spread_bps")
    assert [engine.push(row)[0] for row in rows[:50]] == spread.column("spread_bps")[:50].tolist()


def test_the_catalog_tells_what_they_are():
    for column in BOOK:
        spec = features.get(column)
        assert spec.is_bar_column
        assert (spec.group, total_warmup(column), total_memory(column)) == ("flow", 1, 0)
    assert not features.get("close_location").is_bar_column


def test_only_side_columns_can_be_named_so(catalog):
    with pytest.raises(ConfigError, match="no side column"):
        bar_column("close", unit="price", group="flow", reference="none", description="The close.", catalog=catalog)
