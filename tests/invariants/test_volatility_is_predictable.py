"""The positive control on real bars (methodology 12): next-bar volatility can be predicted, or the path is broken."""

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.splits import WalkForward
from alphaplus.evaluation.compare import hln
from alphaplus.evaluation.losses import qlike
from alphaplus.evaluation.smearing import smeared
from alphaplus.market.read import read_bars
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import validate

NOW = 1_767_225_600_000
YEAR = 365 * 24  # bars
SYMBOLS = ("BTCUSDT", "ETHUSDT")


def recorded(data_folder, symbol, bars):
    path = data_folder / f"ohlcv/binance_spot_1h/{symbol}-1h-201708-202210.csv.gz"
    series = read_bars([path], symbol=symbol, timeframe=Timeframe.H1, now=NOW)
    return series.rows(len(series) - bars, len(series)) if bars else series


def check(bars, compiled, *, max_folds):
    dataset = make_dataset(bars, "lean", label="target_volatility", horizon=1, cache_folder=compiled)
    splits = WalkForward.for_timeframe(bars.timeframe, max_folds=max_folds)
    oos = validate(ModelSpec.of(dataset, family="lightgbm"), dataset, splits=splits).oos
    later = oos.fold > 0
    ours = qlike(oos.y, smeared(oos.y, oos.predicted, oos.fold))[later]
    as_it_was = qlike(oos.y, oos.persistence)[later]
    corrected = qlike(oos.y, smeared(oos.y, oos.persistence, oos.fold))[later]
    for rival in (as_it_was, corrected):
        assert ours.mean() < rival.mean()
        assert hln(ours, rival, horizon=1).p_value < 0.01
    usual = qlike(oos.y, smeared(oos.y, oos.base_rate, oos.fold))[later]
    assert hln(ours, usual, horizon=1).p_value < 0.01


@pytest.mark.real_data
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_next_bar_volatility_beats_the_same_as_last_hour(data_folder, compiled, symbol):
    check(recorded(data_folder, symbol, 2 * YEAR), compiled, max_folds=3)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_it_does_over_all_years(data_folder, compiled, symbol):
    check(recorded(data_folder, symbol, None), compiled, max_folds=None)
