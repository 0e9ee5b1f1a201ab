"""What predictions on unseen rows say of a model: scores, chance, coverage, and what is left of in-sample gains."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from alphaplus.evaluation.efficiency import walk_forward_efficiency
from alphaplus.models.coverage import coverage
from alphaplus.models.model import Model
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.permutation import shuffled_outcomes
from alphaplus.models.scoring import report, score
from alphaplus.models.validate import FoldScore

FOLLOWED = ("mean_return", "mean_return_seen")


def unseen_metrics(
    model: Model, *, folds: Sequence[FoldScore], paths: Sequence[OutOfSample], held: OutOfSample
) -> dict[str, Any]:
    """Plain values for JSON.

    `oos` and `holdout`: scores of the first series and of the untouched slice, with intervals and baselines; `paths`:
    point scores of every series, where the folds make several; `permutation`: whether predictions are related to
    outcomes, on series and slice together; `conformal`: coverage on the slice; `efficiency`: mean return a row of
    following every call, before costs, out of sample and on rows learned from, and the ratio of the two.
    """
    label = model.spec.label
    content: dict[str, Any] = {
        "oos": report(paths[0], label=label),
        "holdout": report(held, label=label),
        "permutation": shuffled_outcomes(
            OutOfSample.join(paths[0], held), task=model.task, horizon=label.horizon, seed=model.spec.seed
        ).to_json(),
        "conformal": coverage(model.conformal, held, classes=model.classes, horizon=label.horizon),
    }
    if len(paths) > 1:
        content["paths"] = [score(path, label=label) for path in paths]
    if all(name in fold.metrics for fold in folds for name in FOLLOWED):
        content["efficiency"] = _efficiency(folds)
    return content


def _efficiency(folds: Sequence[FoldScore]) -> dict[str, float]:
    rows = [fold.test_rows for fold in folds]
    unseen, seen = ([fold.metrics[name] for fold in folds] for name in FOLLOWED)
    content = {
        "mean_return": float(np.average(unseen, weights=rows)),
        "mean_return_seen": float(np.average(seen, weights=rows)),
    }
    ratio = walk_forward_efficiency(unseen, seen, rows=rows)
    return content | {"ratio": ratio} if np.isfinite(ratio) else content
