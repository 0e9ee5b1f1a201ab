"""The splitter canary: on a market without any edge shuffled folds report one, and ours do not (methodology 2)."""

import numpy as np
import pytest

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec, make
from alphaplus.datasets.splits import CombinatorialPurged, PurgedKFold, WalkForward
from alphaplus.evaluation.classify import area_under_curve

HORIZON = 24
SEEDS = range(10)


def martingale(seed, n=5000):
    """Levels of a driftless walk as features, its direction over the next 24 bars as label, one at every bar."""
    import polars as pl

    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, n)))
    opens = np.concatenate([[100.0], close[:-1]])
    table = pl.DataFrame(
        {
            "open_time": 1_600_002_000_000 + np.arange(n) * Timeframe.H1.ms,
            "open": opens,
            "high": np.maximum(opens, close),
            "low": np.minimum(opens, close),
            "close": close,
            "volume": np.ones(n),
        }
    )
    bars = BarFrame(Instrument("NULL", venue="simulated"), Timeframe.H1, table)
    label = LabelSpec("signal_direction", HORIZON, {"threshold": 0.0})
    labelled = make(label, bars)
    log_close = np.log(close)
    moves = np.column_stack([log_close - np.roll(log_close, lag) for lag in (5, 20, 60, 120)])
    keep = np.flatnonzero(labelled.valid & (np.arange(n) >= 120))
    return Dataset(
        X=moves[keep].astype(np.float32),
        y=labelled.y[keep],
        as_of=bars.close_time[keep],
        span_end=bars.close_time[labelled.span_end[keep]],
        instrument_id=np.zeros(len(keep), dtype=np.int32),
        outcome=labelled.outcome[keep],
        last_return=np.zeros(len(keep)),
        last_known=np.full(len(keep), np.nan),
        missing_share=np.zeros(4),
        instruments=(bars.instrument,),
        timeframe=bars.timeframe,
        columns=("m5", "m20", "m60", "m120"),
        label=label,
        feature_set="test",
        feature_set_hash="0",
    )


def auc(dataset, folds):
    """Area under the curve of the stitched predictions of a nearest-neighbour model.

    Stitched, because inside one short block a walk looks mean-reverting, and a model that learned this from its own
    finite past then seems to have skill there.
    """
    from sklearn.neighbors import KNeighborsClassifier

    p = np.full(len(dataset), np.nan)
    for train, test in folds:
        model = KNeighborsClassifier(15).fit(dataset.X[train], dataset.y[train])
        p[test] = model.predict_proba(dataset.X[test])[:, 1]
    seen = np.isfinite(p)
    return area_under_curve((dataset.y[seen] > 0).astype(float), p[seen])


@pytest.fixture(scope="module")
def scores():
    """Area under the curve by kind of split, one value a seed."""
    found = {"shuffled": [], "purged": [], "combinatorial": [], "walk-forward": []}
    for seed in SEEDS:
        dataset = martingale(seed)
        order = np.random.default_rng(seed).permutation(len(dataset))
        shuffled = [(np.setdiff1d(order, part), part) for part in np.array_split(order, 5)]
        found["shuffled"].append(auc(dataset, shuffled))
        found["purged"].append(auc(dataset, [(f.train, f.test) for f in PurgedKFold(5).split(dataset)]))
        combined = CombinatorialPurged(6, 2).split(dataset)  # a row keeps what the last fold says of it
        found["combinatorial"].append(auc(dataset, [(f.train, f.test) for f in combined]))
        walk = WalkForward(80, 20).split(dataset)
        found["walk-forward"].append(auc(dataset, [(f.train, f.test) for f in walk]))
    return {name: np.array(values) for name, values in found.items()}


def test_shuffled_folds_find_an_edge_that_is_not_there(scores):
    assert scores["shuffled"].mean() > 0.58
    assert scores["shuffled"].min() > 0.55


@pytest.mark.parametrize("name", ["purged", "combinatorial", "walk-forward"])
def test_our_splits_find_nothing(scores, name):
    values = scores[name]
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - 0.5) <= 2.58 * error
    assert error < 0.02  # else the check above could not fail
