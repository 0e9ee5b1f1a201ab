"""Judge a model by its predictions on rows that it had not seen: what `Training` holds, put together in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from alphaplus.datasets.dataset import Dataset
from alphaplus.models.importance import importances
from alphaplus.models.model import Model
from alphaplus.models.onnx import Parity
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.training import Training
from alphaplus.models.unseen import unseen_metrics
from alphaplus.models.validate import FoldScore


def judged(
    model: Model,
    dataset: Dataset,
    *,
    parity: Parity,
    folds: tuple[FoldScore, ...],
    paths: Sequence[OutOfSample],
    held: OutOfSample,
    splits: Mapping[str, Any],
    about: Mapping[str, Any] | None = None,
    samples: int,
    seconds: float,
) -> Training:
    """Score the series of predictions `paths` and those on the untouched slice `held`; `about` goes beside the scores.

    `splits` tells how the series came about, see `Training`.
    """
    return Training(
        model=model,
        metrics={
            **unseen_metrics(model, folds=folds, paths=paths, held=held),
            "splits": dict(splits),
            "parity": asdict(parity),
            "dataset": dataset.report(),
            **(about or {}),
        },
        folds=folds,
        oos=paths[0],
        holdout=held,
        parity=parity,
        importance=importances(model, dataset.rows(held.index), seed=model.spec.seed),
        dataset_hash=dataset.hash,
        samples=samples,
        seconds=seconds,
    )
