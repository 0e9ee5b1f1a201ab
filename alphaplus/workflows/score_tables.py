"""The scores of a model version as rows of a table: with intervals, beside the baselines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alphaplus.evaluation.evidence import BASELINES
from alphaplus.workflows.split_words import folds_called

OUT_OF_SAMPLE = "oos"


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is shown: its name, decimals, what it means, and whether more of it is better.

    `pooled` says what changes when it is taken over several folds together.
    """

    key: str
    title: str
    digits: int
    meaning: str
    more_is_better: bool | None
    pooled: str = ""


METRICS = (
    Metric(
        "roc_auc",
        "AUC",
        3,
        "chance that an up row is ranked above a down row; 0.5 is guessing",
        True,
        pooled="pooled over folds whose levels differ, so even a constant forecast can be off 0.5; "
        "read it beside the baselines",
    ),
    Metric(
        "skill",
        "Skill",
        4,
        "1 − loss / loss of the base rate (log loss, or squared error of a value); 0 is the base rate",
        True,
    ),
    Metric("log_loss", "Log loss", 4, "mean −log of the probability given to what happened", False),
    Metric("brier", "Brier", 4, "mean squared error of the probability", False),
    Metric("accuracy", "Accuracy", 3, "share of directions that were right", True),
    Metric("f1", "F1", 3, "harmonic mean of precision and recall of up", True),
    Metric("mcc", "MCC", 3, "correlation of called and actual direction", True),
    Metric("ece", "ECE", 3, "mean distance of stated and realised frequency", False),
    Metric("calibration_slope", "Calibration slope", 2, "1 is calibrated, below 1 overconfident", None),
    Metric("mae", "MAE", 4, "mean absolute error", False),
    Metric("r2", "R²", 4, "share of variance explained", True),
    Metric("qlike", "QLIKE", 4, "loss of a variance forecast; 0 is perfect", False),
    Metric("rank_ic", "Rank IC", 3, "rank correlation of forecast and outcome", True),
    Metric("direction_accuracy", "Direction right", 3, "share of signs that were right", True),
)
BY_KEY = {metric.key: metric for metric in METRICS}
HEADLINES = ("roc_auc", "skill", "accuracy", "rank_ic", "direction_accuracy")


def score_tables(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One table for each part that was scored: rows of a metric, its interval and the baselines' values.

    `metrics` has the parts `oos` and `holdout`, and `splits` that says which folds the former are. A row's `note` says
    what else must be known to read it, "" where its name says enough.
    """
    tables = []
    called = folds_called(metrics.get("splits"))
    titles = {OUT_OF_SAMPLE: f"{called[0].upper()}{called[1:]}, out of sample", "holdout": "Untouched last slice"}
    for key, title in titles.items():
        part = metrics.get(key)
        if part:
            rows = [_row(metric, part, pooled=key == OUT_OF_SAMPLE) for metric in METRICS]
            tables.append(
                {
                    "key": key,
                    "title": title,
                    "part": part,
                    "baselines": list(_baselines(part)),
                    "rows": [row for row in rows if row],
                }
            )
    return tables


def ranking(metrics: Mapping[str, Any]) -> Metric:
    """The metric that tells how well a model ranks rows: AUC, or the rank correlation of a value."""
    scores = (metrics.get(OUT_OF_SAMPLE) or {}).get("model", {})
    return BY_KEY["rank_ic" if "rank_ic" in scores else "roc_auc"]


def headline(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The few figures of a list, out of sample, with the best baseline beside each."""
    part = metrics.get(OUT_OF_SAMPLE) or {}
    rows = [_row(metric, part, pooled=True) for metric in METRICS if metric.key in HEADLINES]
    return [row | {"best": _best(row)} for row in rows if row]


def _row(metric: Metric, part: Mapping[str, Any], *, pooled: bool) -> dict[str, Any] | None:
    found = part.get("model", {}).get(metric.key)
    if found is None:
        return None
    baselines = [scores.get(metric.key) for scores in _baselines(part).values()]
    return {"metric": metric, **found, "baselines": baselines, "note": metric.pooled if pooled else ""}


def _baselines(part: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    """Scores of the baselines in the order in which all speak of them, from the one that knows least."""
    found = part.get("baselines", {})
    return {name: found[name] for name in BASELINES if name in found}


def _best(row: Mapping[str, Any]) -> float | None:
    known: list[float] = [value for value in row["baselines"] if value is not None]
    if not known or row["metric"].more_is_better is None:
        return None
    return max(known) if row["metric"].more_is_better else min(known)
