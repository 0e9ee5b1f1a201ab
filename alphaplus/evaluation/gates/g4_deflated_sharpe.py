"""G4: the result is not merely the best of many trials."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import NO_SIDE, finding, gate, not_applicable
from alphaplus.evaluation.overfit import deflated_sharpe_of


@gate("G4")
def deflated_sharpe(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check the deflated Sharpe ratio and, from enough trials on, the probability of backtest overfitting.

    From `min_trials_for_pbo` trials on that probability must be there: what was not computed has not been passed. It is
    about the choice of the best, so it is not asked of the first spec ever tried for the slot.
    """
    limit = gates.min_deflated_sharpe
    if not evidence.directional:
        yield not_applicable("G4", "deflated Sharpe", threshold=limit, why=NO_SIDE)
        yield _overfitting(evidence, gates)
        return
    found = deflated_sharpe_of(evidence.returns, trials=evidence.trials, trial_sharpes=evidence.trial_sharpes)
    if np.isfinite(found.probability):
        counted = "this only trial" if found.trials < 2 else f"the best of {found.trials} useless trials"
        detail = f"skill is {found.probability:.1%} likely after allowing for {counted}, {limit:.0%} are needed"
    else:
        detail = "it did not trade"
    yield finding(
        "G4",
        "deflated Sharpe",
        value=found.probability,
        threshold=limit,
        n=found.n,
        passed=bool(found.probability >= limit),
        detail=detail,
        risk=(1.0 - found.probability) / (1.0 - limit) if limit < 1.0 else 1.0,
    )
    yield _overfitting(evidence, gates)


def _overfitting(evidence: Evidence, gates: Gates) -> GateResult:
    name, limit, trials = "overfitting", gates.max_pbo, evidence.trials
    if trials < gates.min_trials_for_pbo:
        counted = f"{trials} recorded {'trial' if trials == 1 else 'trials'}"
        why = f"the slot has {counted}; the probability of overfitting is asked for from {gates.min_trials_for_pbo} on"
        return not_applicable("G4", name, threshold=limit, why=why)
    if not evidence.chosen:
        why = "it is the first spec tried for the slot, so it was not chosen among the others"
        return not_applicable("G4", name, threshold=limit, why=why)
    if evidence.pbo is None:
        detail = (
            f"the probability that the best of {trials} trials is overfitted was not computed, and it is asked for "
            f"from {gates.min_trials_for_pbo} trials on"
        )
        return finding("G4", name, value=None, threshold=limit, n=trials, passed=False, detail=detail)
    detail = f"the best of {trials} trials is overfitted with probability {evidence.pbo:.2f}, {limit:g} is allowed"
    passed = evidence.pbo <= limit
    risk = evidence.pbo / limit if limit > 0.0 else 1.0
    return finding("G4", name, value=evidence.pbo, threshold=limit, n=trials, passed=passed, detail=detail, risk=risk)
