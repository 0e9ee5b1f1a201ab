"""Alarms: results too good to be true on real markets, which mean an error until a person has looked."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Timeframe
from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.classify import area_under_curve
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import ALARM, finding, gate, not_applicable
from alphaplus.evaluation.returns import sharpe

LEAST_ROWS = 10  # a fold of fewer rows is perfect by luck


@gate(ALARM)
def alarms(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check accuracy and AUC of the direction up to 1h, net Sharpe ratio, and folds without a single error."""
    limits = {"accuracy": gates.alarm_accuracy, "AUC": gates.alarm_auc, "net Sharpe": gates.alarm_sharpe}
    if evidence.simulated:
        why = "simulated markets may be as predictable as they were made"
        for name, limit in {**limits, "perfect fold": 1.0}.items():
            yield not_applicable(ALARM, name, threshold=limit, why=why)
        return
    right = evidence.called_up == (evidence.up > 0.0)
    n = len(right)
    values = {
        "accuracy": float(right.mean()) if n else float("nan"),
        "AUC": area_under_curve(evidence.up, evidence.predicted[evidence.judged]),
        "net Sharpe": sharpe(evidence.returns, per_year=evidence.timeframe.per_year),
    }
    for name, limit in limits.items():
        if name != "net Sharpe" and evidence.timeframe.ms > Timeframe.H1.ms:
            yield not_applicable(ALARM, name, threshold=limit, why="direction is judged by this up to 1h bars")
        else:
            count = len(evidence.returns) if name == "net Sharpe" else n
            yield _limit(name, values[name], limit, count)
    yield _perfect(evidence, right)


def _limit(name: str, value: float, limit: float, n: int) -> GateResult:
    passed = not value > limit
    if not np.isfinite(value):
        detail = f"{name} is not defined on this sample"
    elif passed:
        detail = f"{name} {value:.3f} is believable, which on real bars it is up to {limit:g}"
    else:
        detail = f"{name} {value:.3f} is more than the {limit:g} that real bars allow: look for leaked data first"
    return finding(ALARM, name, value=value, threshold=limit, n=n, passed=passed, detail=detail)


def _perfect(evidence: Evidence, right: NDArray[np.bool_]) -> GateResult:
    fold = evidence.fold[evidence.judged]
    shares = [float(right[fold == number].mean()) for number in np.unique(fold) if np.sum(fold == number) >= LEAST_ROWS]
    best = max(shares, default=0.0)
    passed = best < 1.0
    detail = f"the best period called {best:.1%} of the directions right"
    if not passed:
        detail += ": no real market allows that, look for leaked data first"
    return finding(ALARM, "perfect fold", value=best, threshold=1.0, n=len(shares), passed=passed, detail=detail)
