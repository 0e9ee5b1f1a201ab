"""Rows made of random numbers, some of which say something of the label: for what is measured on a matrix alone."""

import numpy as np

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec

TELLING = 10  # columns whose sum leans on the label


def made_dataset(rows: int, columns: int, *, horizon: int, weakness: float) -> Dataset:
    """Hourly rows with a direction over `horizon` bars; noise of 1 beside the sum of ten columns over `weakness`."""
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, columns))
    score = x[:, :TELLING].sum(axis=1) / weakness + random.standard_normal(rows)
    as_of = (np.arange(rows, dtype=np.int64) + 400_000) * Timeframe.H1.ms
    return Dataset(
        X=x.astype(np.float32),
        y=np.sign(score),
        as_of=as_of,
        span_end=as_of + horizon * Timeframe.H1.ms,
        instrument_id=np.zeros(rows, dtype=np.int32),
        outcome=score / 100,
        last_return=x[:, 0] / 100,
        last_known=np.full(rows, np.nan),
        missing_share=np.zeros(columns),
        instruments=(Instrument("BTCUSDT"),),
        timeframe=Timeframe.H1,
        columns=tuple(f"column_{position}" for position in range(columns)),
        label=LabelSpec("signal_direction", horizon, {"threshold": 0.0}),
        feature_set="made",
        feature_set_hash="0" * 64,
    )
