"""Alarms: results too good to be true on real markets, which mean an error until a person has looked.

An alarm needs evidence as much as a promotion does: twenty lucky calls in a row accuse nobody. It can fire only on as
much of it as G0 asks for before a candidate may pass: `min_effective_samples`, and of the Sharpe ratio `min_trades` as
well. Under that nothing is promoted, so a silent alarm lets nothing through. From there on the estimate itself counts
and not the lower bound of its interval: a leak worth an accuracy of 0.62 would stay under the bound up to some 1,600
independent calls and pass as skill, and to be asked to look once too often costs less than that.
"""

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

LEAST_EFFECTIVE_ROWS = 20.0  # so many calls in a row are right once in a million by tossing a coin


@gate(ALARM)
def alarms(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check accuracy and AUC of the direction up to 1h, net Sharpe ratio, and folds without a single error.

    Too few effective samples (of the Sharpe ratio: or trades) for G0 keep an alarm silent; a fold needs 20 of its own.
    """
    limits = {"accuracy": gates.alarm_accuracy, "AUC": gates.alarm_auc, "net Sharpe": gates.alarm_sharpe}
    if evidence.simulated:
        why = "simulated markets may be as predictable as they were made"
        for name, limit in {**limits, "perfect fold": 1.0}.items():
            yield not_applicable(ALARM, name, threshold=limit, why=why)
        return
    if not evidence.directional:
        why = "events and amounts, as volatility, may be as predictable as they are"
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
            yield _limit(name, values[name], limit, count, thin=_thin(evidence, gates, name))
    yield _perfect(evidence, right)


def _thin(evidence: Evidence, gates: Gates, name: str) -> str | None:
    """Which of G0's amounts of evidence this sample lacks, None when it has them."""
    if evidence.n_eff < gates.min_effective_samples:
        return f"{evidence.n_eff:,.0f} effective samples"
    if name == "net Sharpe" and evidence.trades < gates.min_trades:
        return f"{evidence.trades} trades"
    return None


def _limit(name: str, value: float, limit: float, n: int, *, thin: str | None) -> GateResult:
    passed = not value > limit or thin is not None
    if not np.isfinite(value):
        detail = f"{name} is not defined on this sample"
    elif value <= limit:
        detail = f"{name} {value:.3f} is believable, which on real bars it is up to {limit:g}"
    elif thin is not None:
        detail = f"{name} {value:.3f} is more than the {limit:g} that real bars allow, but {thin} may show that by luck"
    else:
        detail = f"{name} {value:.3f} is more than the {limit:g} that real bars allow: look for leaked data first"
    return finding(ALARM, name, value=value, threshold=limit, n=n, passed=passed, detail=detail)


def _perfect(evidence: Evidence, right: NDArray[np.bool_]) -> GateResult:
    """Judge the folds that are worth enough effective rows; these lie as densely in a fold as in the whole."""
    fold = evidence.fold[evidence.judged]
    density = evidence.n_eff / max(len(evidence.as_of), 1)
    enough = [number for number in np.unique(fold) if np.sum(fold == number) * density >= LEAST_EFFECTIVE_ROWS]
    if not enough:
        why = f"no period has {LEAST_EFFECTIVE_ROWS:.0f} effective rows, and fewer may all be called right by luck"
        return not_applicable(ALARM, "perfect fold", threshold=1.0, why=why)
    shares = [float(right[fold == number].mean()) for number in enough]
    best = max(shares)
    passed = best < 1.0
    detail = f"the best period called {best:.1%} of the directions right"
    if not passed:
        detail += ": no real market allows that, look for leaked data first"
    return finding(ALARM, "perfect fold", value=best, threshold=1.0, n=len(shares), passed=passed, detail=detail)
