"""G2: a forecast of 60 % comes true about 60 times in 100."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.calibration import calibration_line, ece, expected_ece
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import finding, gate, not_applicable


@gate("G2")
def calibration(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check the expected calibration error and the slope of the calibration line.

    Of a regression only the slope is judged, that of the outcome on the forecast (Mincer and Zarnowitz 1969).
    """
    predicted, actual = evidence.predicted[evidence.judged], evidence.actual[evidence.judged]
    n = len(actual)
    if not n:
        yield finding(
            "G2", "calibration", value=None, threshold=None, n=0, passed=False, detail="no outcome is known yet"
        )
        return
    if evidence.is_probability:
        error, noise = ece(actual, predicted), expected_ece(predicted, evidence.n_eff)
        detail = (
            f"forecast and frequency differ by {error:.3f} on average, {gates.max_ece:.3f} is allowed; "
            f"noise alone would show about {noise:.3f} on this sample"
        )
        limit = gates.max_ece
        passed = error <= limit
        yield finding("G2", "ECE", value=error, threshold=limit, n=n, passed=passed, detail=detail, risk=error / limit)
        slope = calibration_line(actual, predicted).slope
    else:
        yield not_applicable("G2", "ECE", threshold=gates.max_ece, why="a forecast of an amount is no probability")
        spread = float(np.var(predicted))
        slope = float(np.cov(predicted, actual, ddof=0)[0, 1]) / spread if spread > 0.0 else float("nan")
    yield _slope(slope, gates, n)


def _slope(slope: float, gates: Gates, n: int) -> GateResult:
    low, high = gates.min_slope, gates.max_slope
    if not np.isfinite(slope):
        detail = "all forecasts are alike, so it cannot be said whether bold ones are right more often"
        return finding("G2", "slope", value=None, threshold=low, n=n, passed=False, detail=detail)
    word = "too bold" if slope < low else "too timid" if slope > high else "neither too bold nor too timid"
    detail = f"forecasts are {word}: calibration slope {slope:.2f}, allowed {low:g} to {high:g}"
    risk = (1.0 - slope) / (1.0 - low) if slope < 1.0 else (slope - 1.0) / (high - 1.0)
    threshold = low if slope < 1.0 else high
    return finding(
        "G2", "slope", value=slope, threshold=threshold, n=n, passed=low <= slope <= high, detail=detail, risk=risk
    )
