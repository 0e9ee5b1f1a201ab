"""Gates: the conditions a candidate must meet before it may serve, judged one by one and all together.

A gate is a function of the evidence and the thresholds in a file of `evaluation/gates/`; it returns one result for each
condition it checks, each with the value found, the threshold, the sample size and a sentence for a trader.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from alphaplus.core.catalog import Catalog
from alphaplus.core.config import Gates
from alphaplus.core.enums import Verdict
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence

ALARM = "alarm"
NO_SIDE = "the label takes no side of the market, so there is nothing to trade on it alone"

GateFunction: TypeAlias = Callable[[Evidence, Gates], Iterable[GateResult]]

_GATES: Catalog[GateFunction] = Catalog("gate", package="alphaplus.evaluation.gates")


def gate(name: str) -> Callable[[GateFunction], GateFunction]:
    """Register a gate under `name`; gates are judged in the order of their names."""

    def register(judge_one: GateFunction) -> GateFunction:
        _GATES.add(name, judge_one)
        return judge_one

    return register


def gates() -> list[str]:
    """Names of all gates, in the order in which they are judged."""
    return sorted(_GATES.names())


def judge(evidence: Evidence, thresholds: Gates) -> tuple[GateResult, ...]:
    """Judge a candidate by every gate."""
    return tuple(result for name in gates() for result in _GATES.get(name)(evidence, thresholds))


def finding(
    gate: str,
    name: str,
    *,
    value: float | None,
    threshold: float | None,
    n: int,
    passed: bool,
    detail: str,
    risk: float = 0.0,
) -> GateResult:
    """A gate result; a value that is not a number becomes None, and `risk` is kept within [0, 1], 1 when failed."""
    known = None if value is None or not np.isfinite(value) else float(value)
    near = 1.0 if not passed else float(np.clip(np.nan_to_num(risk, nan=1.0), 0.0, 1.0))
    return GateResult(gate, name, known, threshold, int(n), bool(passed), detail, near)


def not_applicable(gate: str, name: str, *, threshold: float | None, why: str) -> GateResult:
    """The result of a condition that cannot be judged here and does not stand in the way."""
    return finding(gate, name, value=None, threshold=threshold, n=0, passed=True, detail=f"not applicable: {why}")


def verdict(results: Sequence[GateResult]) -> Verdict:
    """Promote when every gate was met, else reject; no gates at all reject."""
    return Verdict.PROMOTE if results and all(result.passed for result in results) else Verdict.REJECT


def alarmed(results: Iterable[GateResult]) -> bool:
    """Whether a result looked too good to be true, so that a person must look before anything is promoted."""
    return any(result.gate == ALARM and not result.passed for result in results)


def risk_score(results: Sequence[GateResult]) -> float:
    """How near the candidate came to failing its gates: 0 far from it, 1 failed at least one; the nearest one counts.

    A gate's own nearness is the share of its allowance that was used up: p-value over its limit, shortfall from a
    perfect share over the shortfall allowed, or the half-width of an interval over the distance of the estimate.
    """
    return max((result.risk for result in results), default=1.0)
