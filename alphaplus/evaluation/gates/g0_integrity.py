"""G0: the artefact is what it claims to be, and there is enough evidence to judge it at all."""

from collections.abc import Iterator

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import NO_SIDE, finding, gate, not_applicable


@gate("G0")
def integrity(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check hashes, parity of the export, order of time, leakage checks, effective sample size, number of trades."""
    yield _flag(
        "artifact",
        evidence.artifact_ok,
        "the stored model is unchanged",
        "the stored model differs from its recorded hash",
    )
    yield _flag(
        "features",
        evidence.features_ok,
        "the features are those the model was trained on",
        "the features have changed since the model was trained: train it again",
    )
    yield _parity(evidence, gates)
    yield _flag(
        "validation",
        evidence.forward,
        "every prediction was made by what had learned from its past alone",
        "folds learned from the future of what they tested, which shows what to choose and not what to expect: "
        "train with walk_forward or rolling splits",
    )
    if evidence.leakage_ok is None:
        yield not_applicable(
            "G0", "leakage", threshold=None, why="this run made no leakage checks; the test suite does"
        )
    else:
        yield _flag("leakage", evidence.leakage_ok, "no feature looks ahead", "a feature looks into the future")
    yield _enough(
        "effective samples",
        evidence.n_eff,
        gates.min_effective_samples,
        "the predictions are worth {value:,.0f} independent ones, {limit:,.0f} are needed",
    )
    if not evidence.directional:
        yield not_applicable("G0", "trades", threshold=float(gates.min_trades), why=NO_SIDE)
        return
    yield _enough(
        "trades", float(evidence.trades), float(gates.min_trades), "{value:,.0f} trades, {limit:,.0f} are needed"
    )


def _flag(name: str, ok: bool, good: str, bad: str) -> GateResult:
    return finding("G0", name, value=float(ok), threshold=1.0, n=1, passed=ok, detail=good if ok else bad)


def _parity(evidence: Evidence, gates: Gates) -> GateResult:
    limit, error = gates.max_parity_error, evidence.parity_error
    if error is None:
        detail = "the model was not exported, so nothing can serve it"
        return finding("G0", "parity", value=None, threshold=limit, n=0, passed=False, detail=detail)
    detail = f"the exported model differs from the trained one by {error:.1e} at most, {limit:.1e} is allowed"
    passed = error <= limit
    return finding(
        "G0",
        "parity",
        value=error,
        threshold=limit,
        n=len(evidence.as_of),
        passed=passed,
        detail=detail,
        risk=error / limit,
    )


def _enough(name: str, value: float, limit: float, sentence: str) -> GateResult:
    return finding(
        "G0",
        name,
        value=value,
        threshold=limit,
        n=int(value),
        passed=value >= limit,
        detail=sentence.format(value=value, limit=limit),
        risk=limit / value if value > 0.0 else 1.0,
    )
