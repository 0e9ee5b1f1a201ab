"""G1: the candidate predicts better than guessing, by more than chance explains."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.bootstrap import interval, optimal_block
from alphaplus.evaluation.compare import Comparison, benjamini_hochberg, hln
from alphaplus.evaluation.evidence import BASELINES, Evidence
from alphaplus.evaluation.gating import finding, gate
from alphaplus.evaluation.losses import relative_gain

SHOWN = {"base_rate": "the base rate", "persistence": "the last direction", "one_lag": "the one-lag logistic"}
OF_NO_SIDE = {**SHOWN, "persistence": "the last value", "one_lag": "one lag"}
LEVEL = 0.95
LEAST_TIMES = 2


@gate("G1")
def skill(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check the lower bound of skill, and the difference to each baseline.

    A market may have an edge so simple that the one-lag logistic finds all of it, and then nothing can beat that
    baseline. Where it is itself significantly better than the base rate, keeping `min_share_of_logistic` of its skill
    is enough: skill grows with the square of an edge, so 0.8 of the skill is about 0.9 of the edge.

    Where the base rate errs by nothing, as in a market that stands still, there is no skill to be had.
    """
    losses = evidence.losses_by_time("predicted", *BASELINES)
    n = int(evidence.judged.sum())
    shown = SHOWN if evidence.directional else OF_NO_SIDE
    why = _unfit(losses)
    if why is not None:
        for name in ("skill", *(f"beats {shown[b]}" for b in BASELINES)):
            yield finding("G1", name, value=None, threshold=None, n=n, passed=False, detail=why)
        return
    yield _bound(evidence, losses[:, :2], n)
    found = [hln(losses[:, 0], losses[:, 1 + i], horizon=evidence.horizon) for i in range(len(BASELINES))]
    adjusted = benjamini_hochberg(np.array([comparison.p_value for comparison in found]))
    rival = hln(losses[:, 3], losses[:, 1], horizon=evidence.horizon)
    for position, name in enumerate(BASELINES):
        if name == "one_lag" and adjusted[position] > gates.significance and rival.p_value <= gates.significance:
            yield _share_of_one_lag(losses, gates, n, shown=shown[name])
        else:
            yield _beats(
                shown[name],
                found[position],
                p_value=float(adjusted[position]),
                rival_loss=float(losses[:, 1 + position].mean()),
                limit=gates.significance,
                n=n,
            )


def _unfit(losses: NDArray[np.float64]) -> str | None:
    """Why losses (m, 4), those of the base rate second, cannot show skill; None where they can."""
    if len(losses) < LEAST_TIMES:
        return "no outcome is known yet"
    if not losses[:, 1].any():
        return "the base rate makes no error on these rows, as if the market stood still: there is no skill to show"
    return None


def _bound(evidence: Evidence, losses: NDArray[np.float64], n: int) -> GateResult:
    block = max(float(evidence.horizon), optimal_block(losses[:, 0] - losses[:, 1]))
    found = interval(losses, relative_gain, block=block, level=LEVEL, seed=evidence.seed)
    detail = (
        f"out of sample the loss is {_percent(found.value)} than the base rate's; 95 % interval of the skill "
        f"{found.low:+.2%} to {found.high:+.2%}, and all of it must lie above zero"
    )
    width = found.value - found.low
    risk = width / found.value if found.value > 0.0 else 1.0
    return finding("G1", "skill", value=found.low, threshold=0.0, n=n, passed=found.low > 0.0, detail=detail, risk=risk)


def _beats(
    shown: str, comparison: Comparison, *, p_value: float, rival_loss: float, limit: float, n: int
) -> GateResult:
    passed = bool(p_value <= limit)
    verb = "cannot" if passed else "can"
    if rival_loss > 0.0:
        gain = _percent(-comparison.difference / rival_loss)
        detail = f"the loss is {gain} than that of {shown}, which chance {verb} explain ({_shown(p_value)})"
    else:
        detail = f"{shown} makes no error on these rows, so nothing can beat it"
    return finding(
        "G1",
        f"beats {shown}",
        value=p_value,
        threshold=limit,
        n=n,
        passed=passed,
        detail=detail,
        risk=p_value / limit,
    )


def _share_of_one_lag(losses: NDArray[np.float64], gates: Gates, n: int, *, shown: str) -> GateResult:
    means = losses.mean(axis=0)
    ours, theirs = 1.0 - means[0] / means[1], 1.0 - means[3] / means[1]
    share, limit = float(ours / theirs), gates.min_share_of_logistic
    detail = (
        f"{shown} finds the edge by itself (skill {theirs:.2%}); the model keeps {share:.0%} of that, "
        f"{limit:.0%} are needed"
    )
    return finding(
        "G1",
        f"beats {shown}",
        value=share,
        threshold=limit,
        n=n,
        passed=share >= limit,
        detail=detail,
        risk=limit / share if share > 0.0 else 1.0,
    )


def _shown(p_value: float) -> str:
    return f"p {p_value:.3f}" if p_value >= 0.001 else "p under 0.001"


def _percent(gain: float) -> str:
    return f"{abs(gain):.2%} {'lower' if gain >= 0.0 else 'higher'}"
