"""What the pipeline adds to the bare fits of the library, on the same rows of the same matrix.

Bare: for every fold, and for the model itself, LightGBM learns from the same rows with the same parameters, weights and
one thread, and predicts the rows that the pipeline predicts. The pipeline also splits, purges, weighs, calibrates, fits
the baselines, exports to ONNX, checks the export, scores with intervals, and hashes. Both run in this process, one fit
after another; features and labels are made before.
"""

import time

import lightgbm
import numpy as np

from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold, WalkForward, split_calibration
from alphaplus.models.families.lightgbm import LightGBMParams, _settings
from alphaplus.models.plan import Plan
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from bench._made import made_dataset

ROWS, COLUMNS = 100_000, 70
PARAMS = {"rounds": 300, "num_leaves": 64, "min_leaf_share": 0.0005}  # trees of depth 6 and more
RUNS = 2
SPLITS = WalkForward(1_000, 160, max_folds=14)


def main() -> list[dict[str, object]]:
    """Measure seconds of processor time of both, the smallest of several runs each, in turns."""
    dataset = made_dataset(ROWS, COLUMNS, horizon=24, weakness=16)
    spec = ModelSpec.of(dataset, family="lightgbm", params=PARAMS)
    train(
        ModelSpec.of(small := made_dataset(2_000, COLUMNS, horizon=24, weakness=16), family="lightgbm"), small
    )  # compiles, imports
    plan = Plan.of(spec, dataset, splits=SPLITS)
    bare, ours = [], []
    for _ in range(RUNS):
        bare.append(_seconds(lambda: [_bare(dataset, fold) for fold in (*plan.folds, plan.outer)]))
        ours.append(_seconds(lambda: train(spec, dataset, splits=SPLITS)))
    added = min(ours) / min(bare) - 1.0
    fits = f"{len(plan.folds) + 1} fits of at most {ROWS * 8 // 10:,} rows x {COLUMNS} columns"
    return [
        {"name": "bare LightGBM", "value": min(bare), "unit": "s", "goal": "peer", "detail": fits},
        {"name": "the pipeline around it", "value": min(ours), "unit": "s", "goal": "", "detail": fits},
        {
            "name": "what the pipeline adds",
            "value": 100.0 * added,
            "unit": "%",
            "goal": "under 10",
            "detail": f"smallest of {RUNS} runs each, in turns",
        },
    ]


def _bare(dataset: Dataset, fold: Fold) -> None:
    fitted, later = split_calibration(dataset, fold.train)
    rows = dataset.rows(fitted)
    data = lightgbm.Dataset(
        rows.X,
        label=np.searchsorted(rows.classes, rows.y).astype(np.float64),
        weight=rows.weight,
        params={"max_bin": 63, "feature_pre_filter": False, "verbose": -1, "num_threads": 1},
    )
    params = LightGBMParams(**PARAMS)
    booster = lightgbm.train(_settings(params, rows, 0), data, num_boost_round=params.rounds)
    booster.predict(dataset.X[later], num_threads=1)
    booster.predict(dataset.X[fold.test], num_threads=1)


def _seconds(work) -> float:
    begun = time.process_time()  # all is done by one thread, and nobody else's work is counted
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    for line in main():
        print(line)
