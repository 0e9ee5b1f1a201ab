"""What the folds of a validation are called where people read of them."""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "walk_forward": "walk-forward",
    "rolling": "rolling walk-forward",
    "kfold": "purged k-fold",
    "combinatorial": "combinatorial folds",
    "imported": "bars after its training",
}


def folds_called(splits: Mapping[str, Any] | None) -> str:
    """The name of the folds that `metrics["splits"]` of a training tells of."""
    return NAMES.get((splits or {}).get("name", ""), "folds")


def folds_told(splits: Mapping[str, Any]) -> str:
    """How each fold was made, in a few words."""
    if splits.get("name") == "imported":
        return "later blocks, tested by a model that was trained before them all"
    if splits.get("forward"):
        return "fitted on the past, tested on the next block"
    return "fitted on what lies around, tested in between; they compare models and are no evidence for the gates"
