"""Columns that need trades or an order book are left out where the bars have none, and named."""

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import NotEnoughSamples
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.spec import ModelSpec

MIXED = FeatureSet("mixed", ("return_1", "order_book_imbalance", "liquidity_score", "buy_ratio", "volume_delta"))
LABEL = LabelSpec("signal_direction", 1, {"threshold": 0})


@pytest.fixture(scope="module")
def bars():
    return simulate("M1", bars=600, seed=3)


def with_trades(bars):
    from dataclasses import replace

    buys = bars.column("volume") * np.random.default_rng(1).random(len(bars))
    return replace(bars, table=bars.table.with_columns(buy_volume=buys))


def test_columns_that_need_what_no_bar_carries_are_left_out_and_named(bars):
    dataset = assemble([bars], MIXED, LABEL)
    assert dataset.columns == ("return_1", "volume_delta")  # by the tick rule, and marked so
    assert dataset.absent == ("order_book_imbalance", "liquidity_score", "buy_ratio")
    assert dataset.report()["absent"] == list(dataset.absent)
    assert ModelSpec.of(dataset, family="logistic").left_out == dataset.absent
    assert len(dataset) > 500


def test_what_some_series_lacks_is_left_out_of_a_panel(bars):
    from dataclasses import replace

    other = replace(with_trades(bars), instrument=replace(bars.instrument, symbol="OTHER"))
    assert assemble([other], MIXED, LABEL).columns == ("return_1", "buy_ratio", "volume_delta")
    assert assemble([bars, other], MIXED, LABEL).columns == ("return_1", "volume_delta")


def test_nothing_but_absent_columns_is_an_error_that_names_them(bars):
    with pytest.raises(NotEnoughSamples, match="order_book_imbalance"):
        assemble([bars], FeatureSet("book", ("order_book_imbalance",)), LABEL)


def test_the_whole_set_is_of_use_without_trades_and_book():
    full = feature_set("full", Timeframe.H1)
    sides = ("buy_volume", "trade_count", "largest_trade", "spread_bps", "microprice")
    sides += tuple(f"{side}_depth_{band}" for side in ("bid", "ask") for band in ("0_5", "1_0", "2_0"))
    assert len(full.without(full.needing(sides)).columns) > 240
