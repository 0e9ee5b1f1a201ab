"""G5: the skill shows in most periods, not in one lucky stretch."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import finding, gate


@gate("G5")
def folds(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check the share of folds, the untouched slice among them, whose loss is under the base rate's."""
    numbers = np.unique(evidence.fold[evidence.judged])
    ours, base = evidence.losses(), evidence.losses("base_rate")
    rows = [evidence.judged & (evidence.fold == number) for number in numbers]
    positive = sum(bool(ours[chosen].sum() < base[chosen].sum()) for chosen in rows)
    share, limit = positive / len(rows) if rows else 0.0, gates.min_positive_folds
    yield finding(
        "G5",
        "positive folds",
        value=share,
        threshold=limit,
        n=len(rows),
        passed=bool(rows) and share >= limit,
        detail=f"better than the base rate in {positive} of {len(rows)} periods, {limit:.0%} are needed",
        risk=(1.0 - share) / (1.0 - limit) if limit < 1.0 else 1.0,
    )
