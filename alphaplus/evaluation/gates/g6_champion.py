"""G6: it is not worse than the version that serves now."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.bootstrap import interval, optimal_block
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import finding, gate, not_applicable
from alphaplus.evaluation.losses import relative_gain

LEVEL = 0.95
LEAST_TIMES = 2


@gate("G6")
def champion(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Compare losses with the champion's, pair by pair, on the rows of the untouched slice that both predicted."""
    name, limit = "not worse than champion", -gates.max_loss_to_champion
    if evidence.champion is None:
        yield not_applicable("G6", name, threshold=limit, why="no version serves yet")
        return
    rows = evidence.untouched & np.isfinite(evidence.champion)
    losses = evidence.losses_by_time("predicted", "champion", rows=rows)
    n = int(rows.sum())
    if len(losses) < LEAST_TIMES:
        detail = "the version that serves predicted none of the rows of the untouched slice"
        yield finding("G6", name, value=None, threshold=limit, n=n, passed=False, detail=detail)
        return
    if not losses[:, 1].any():
        equal = not losses[:, 0].any()
        ours = "and neither does this one" if equal else "and this one does"
        detail = f"on the untouched slice the version that serves makes no error, {ours}"
        yield finding("G6", name, value=None, threshold=limit, n=n, passed=equal, detail=detail)
        return
    block = max(float(evidence.horizon), optimal_block(losses[:, 0] - losses[:, 1]))
    found = interval(losses, relative_gain, block=block, level=LEVEL, seed=evidence.seed)
    detail = (
        f"on the untouched slice the loss is {abs(found.value):.2%} {'lower' if found.value >= 0 else 'higher'} than "
        f"that of the version that serves; 95 % interval of the gain {found.low:+.2%} to {found.high:+.2%}, and all of "
        f"it must lie above {limit:+.2%}"
    )
    width = found.value - found.low
    risk = width / (found.value - limit) if found.value > limit else 1.0
    passed = found.low > limit
    yield finding("G6", name, value=found.low, threshold=limit, n=n, passed=passed, detail=detail, risk=risk)
