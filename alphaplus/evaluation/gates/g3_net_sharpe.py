"""G3: trading on it earns money after costs, and more than the same trades at random times."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import NO_SIDE, finding, gate, not_applicable
from alphaplus.evaluation.returns import sharpe, sharpe_interval

LEVEL = 0.90
CONDITIONS = ("net Sharpe", "Sharpe at double cost", "beats random signals")


@gate("G3")
def net_sharpe(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check the lower bound of the net Sharpe ratio, the ratio at double cost, and its rank among random signals."""
    per_year = evidence.timeframe.per_year
    n = len(evidence.returns)
    if not evidence.directional:
        for name in CONDITIONS:
            yield not_applicable("G3", name, threshold=None, why=NO_SIDE)
        return
    found = sharpe_interval(evidence.returns, per_year=per_year, level=LEVEL, seed=evidence.seed) if n > 1 else None
    if found is None or not np.isfinite(found.value):
        for name in CONDITIONS:
            yield finding("G3", name, value=None, threshold=None, n=n, passed=False, detail="it did not trade")
        return
    gross = sharpe(evidence.gross_returns, per_year=per_year)
    detail = (
        f"annual Sharpe {found.value:.2f} after costs ({gross:.2f} before); 90 % interval {found.low:.2f} to "
        f"{found.high:.2f}, and all of it must lie above zero"
    )
    width = found.value - found.low
    risk = width / found.value if found.value > 0.0 else 1.0
    yield finding(
        "G3", "net Sharpe", value=found.low, threshold=0.0, n=n, passed=found.low > 0.0, detail=detail, risk=risk
    )
    double = sharpe(evidence.double_cost_returns, per_year=per_year)
    lost = (found.value - double) / found.value if found.value > 0.0 else 1.0
    yield finding(
        "G3",
        "Sharpe at double cost",
        value=double,
        threshold=0.0,
        n=n,
        passed=bool(double >= 0.0),
        detail=f"annual Sharpe {double:.2f} if costs were twice as high, and it may not be negative",
        risk=lost,
    )
    yield _random(evidence, gates, found.value)


def _random(evidence: Evidence, gates: Gates, ours: float) -> GateResult:
    rivals = evidence.random_sharpes[np.isfinite(evidence.random_sharpes)]
    name, limit = "beats random signals", gates.random_percentile
    if not len(rivals):
        detail = "no random signals were traded for comparison"
        return finding("G3", name, value=None, threshold=limit, n=0, passed=False, detail=detail)
    rank = 100.0 * float(np.mean(rivals < ours))
    detail = f"better than {rank:.1f} % of {len(rivals)} random signals with the same turnover, {limit:g} % are needed"
    risk = (100.0 - rank) / (100.0 - limit) if limit < 100.0 else 1.0
    return finding(
        "G3", name, value=rank, threshold=limit, n=len(rivals), passed=rank > limit, detail=detail, risk=risk
    )
