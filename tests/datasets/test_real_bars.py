"""Labels, weights and splits on recorded hourly bars with their real gaps."""

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.assemble import make_dataset
from alphaplus.datasets.labelling import MAX_GAP, make_labels
from alphaplus.datasets.splits import WalkForward, holdout
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import feature_set
from alphaplus.market.read import read_bars
from alphaplus.models.artifact import load_model
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train

pytestmark = pytest.mark.real_data

NOW = 1_767_225_600_000  # 2026-01-01, later than all recorded data


def test_spans_over_real_gaps_are_void(btc_1h):
    found = make_labels(btc_1h, "signal_direction", horizon=24)
    behind = np.concatenate([[0], np.cumsum(btc_1h.missing_before)])
    known = np.flatnonzero(found.span_end >= 0)
    inside = behind[known + 25] - behind[known + 1]
    assert (inside > MAX_GAP).any()
    assert not found.valid[known[inside > MAX_GAP]].any()
    assert found.valid[known[inside <= MAX_GAP]][50:].all()
    ages = btc_1h.close_time[found.span_end[found.valid]] - btc_1h.close_time[found.valid]
    assert ages.min() == 24 * Timeframe.H1.ms
    assert ages.max() <= (24 + MAX_GAP) * Timeframe.H1.ms


def test_dataset_is_worth_one_row_a_horizon(btc_1h):
    dataset = make_dataset(btc_1h.rows(0, 12_000), "lean", horizon=24)
    assert len(dataset) > 10_000
    assert dataset.n_eff == pytest.approx(len(dataset) / 24, rel=0.05)
    shares = dataset.report()["class_balance"]
    assert all(0.1 < share < 0.6 for share in shares.values())
    fold = holdout(dataset)
    assert dataset.span_end[fold.train].max() < dataset.as_of[fold.test].min()
    folds = WalkForward.for_timeframe(Timeframe.H1).split(dataset)
    assert len(folds) >= 6
    assert all(len(one.train) >= 3000 for one in folds)


def test_daily_bars_train_with_all_defaults(data_folder, tmp_path):
    """The default set on recorded daily bars: trained without its 4h columns, and served from the artefact so."""
    path = data_folder / "ohlcv/binance_spot_1d/BTCUSDT-1d-201708-202210.csv.gz"
    bars = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.D1, now=NOW)
    dataset = make_dataset(bars)
    assert len(dataset) > 1_500
    assert dataset.columns_left_out == ("h4_return", "h4_rsi_14", "h4_volume_ratio")
    training = train(ModelSpec.of(dataset, family="lightgbm", params={"rounds": 20}), dataset)
    assert training.metrics["dataset"]["columns_left_out"] == list(dataset.columns_left_out)
    assert training.metrics["splits"]["folds"] == 6
    assert training.metrics["splits"]["short_range"]
    training.save(tmp_path / "model")
    model = load_model(tmp_path / "model")
    served = feature_set(model.spec.feature_set, model.spec.timeframe)
    assert (served.columns, served.hash) == (model.columns, model.spec.feature_set_hash)
    p_up = model.p_up(compute_features(bars, model.spec.feature_set))
    assert np.isfinite(p_up[300:]).mean() > 0.99
