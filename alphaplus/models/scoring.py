"""Scores of out-of-sample predictions beside the baselines: of one fold, and with intervals of all of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.weights import effective_samples
from alphaplus.evaluation import classify, regress
from alphaplus.evaluation.bootstrap import Interval
from alphaplus.evaluation.evidence import BASELINES
from alphaplus.evaluation.reliability import reliability
from alphaplus.models.outofsample import OutOfSample

DIRECTIONS = (0.0, 1.0)


def score(oos: OutOfSample, *, label: LabelSpec) -> dict[str, float]:
    """Point scores of direction (or of a regression's forecasts); rows without a direction are left out."""
    return _score(oos.rows(oos.judged), "predicted", label)


def report(oos: OutOfSample, *, label: LabelSpec) -> dict[str, object]:
    """Scores with 95 % intervals, the baselines' on the same rows, and effective rows, as plain values.

    `model` scores the direction (or the forecast), `baselines` each baseline likewise; `reliability` has bins of equal
    mass: mean forecast, mean outcome (its 95 % interval in `low` and `high`) and number of rows in each; `confusion`
    counts how often each class was called each class. Of more than two classes, `classes` scores the label itself
    against the class shares of the training rows, and the confusion is that of the label.
    """
    judged = oos.rows(oos.judged)
    times: dict[str, Any] = {"as_of": judged.as_of, "horizon": label.horizon}
    if label.task is Task.REGRESSION:
        intervals = regress.with_intervals(
            judged.actual, judged.predicted, base=judged.base_rate, log_variance=label.log_variance, **times
        )
    else:
        intervals = classify.with_intervals(
            judged.actual, judged.predicted, classes=DIRECTIONS, base=judged.base_rate, **times
        )
    content: dict[str, object] = {
        "rows": len(oos),
        "judged": len(judged),
        "n_eff": effective_samples(oos.as_of, oos.span_end, instrument_id=oos.instrument_id),
        "first": int(oos.as_of[0]),
        "last": int(oos.as_of[-1]),
        "model": _plain(intervals),
        "baselines": {name: _score(judged, name, label) for name in BASELINES},
        "reliability": reliability(judged.actual, judged.predicted, **times),
    }
    if len(label.classes) > len(DIRECTIONS):
        content["classes"] = _plain(
            classify.with_intervals(
                oos.y, oos.p, classes=label.classes, base=oos.base, as_of=oos.as_of, horizon=label.horizon
            )
        )
        content["confusion"] = _confusion(oos.y, oos.p, classes=label.classes)
    elif label.classes:
        content["confusion"] = _confusion(judged.actual, judged.predicted, classes=DIRECTIONS)
    return content


def _score(judged: OutOfSample, name: str, label: LabelSpec) -> dict[str, float]:
    predicted: NDArray[np.float64] = getattr(judged, name)
    if label.task is Task.REGRESSION:
        values = regress.score(judged.actual, predicted, base=judged.base_rate, log_variance=label.log_variance)
    else:
        values = classify.score(judged.actual, predicted, classes=DIRECTIONS, base=judged.base_rate)
    return {metric: value for metric, value in values.items() if np.isfinite(value)}


def _confusion(
    y: NDArray[np.float64], p: NDArray[np.float64], *, classes: tuple[float, ...]
) -> dict[str, list[float] | list[list[int]]]:
    """The classes, and for each of them how often it was called each."""
    return {"classes": list(classes), "counts": classify.confusion(y, p, classes=classes).tolist()}


def _plain(intervals: Mapping[str, Interval]) -> dict[str, dict[str, float]]:
    """Value and bounds by metric; those that are not numbers are left out, as JSON has none."""
    out = {}
    for name, interval in intervals.items():
        bounds = {"value": interval.value, "low": interval.low, "high": interval.high}
        if np.all(np.isfinite(list(bounds.values()))):
            out[name] = bounds
    return out
