"""Small datasets with a known signal, made without bars or features."""

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec

HOUR = 3_600_000
LABELS = {
    "binary": ("signal_direction", {"threshold": 0.0}),
    "multiclass": ("signal_direction", {"threshold": 0.25}),
    "regression": ("target_return", {}),
}


def make_dataset(task="binary", *, rows=1500, columns=5, seed=0, strength=0.8, horizon=1):
    """A signal in the first column, noise in the others, one of them large and finely spaced (near 50,000)."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows, columns))
    x[:, 1] = 50_000 + 0.01 * x[:, 1]
    score = strength * x[:, 0] + random.standard_normal(rows)
    name, params = LABELS[task]
    classes = {"binary": np.where(score > 0, 1.0, -1.0), "multiclass": np.sign(np.trunc(1.5 * score))}
    y = classes.get(task, score)
    as_of = (np.arange(rows, dtype=np.int64) + 400_000) * HOUR
    return Dataset(
        X=np.ascontiguousarray(x, dtype=np.float32),
        y=y.astype(np.float64),
        as_of=as_of,
        span_end=as_of + horizon * HOUR,
        instrument_id=np.zeros(rows, dtype=np.int32),
        outcome=0.01 * score,
        last_return=0.01 * random.standard_normal(rows),
        last_known=np.full(len(x), np.nan),
        missing_share=np.zeros(columns),
        instruments=(Instrument("BTCUSDT"),),
        timeframe=Timeframe.H1,
        columns=tuple(f"column_{position}" for position in range(columns)),
        label=LabelSpec(name, horizon, params),
        feature_set="made",
        feature_set_hash="0" * 64,
    )


@pytest.fixture(scope="session")
def dataset_of():
    """Makes a dataset; see `make_dataset`."""
    return make_dataset
