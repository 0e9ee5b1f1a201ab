"""Floors: least F1, precision and recall of calling up, where the user set them."""

from collections.abc import Iterator

import numpy as np

from alphaplus.core.config import Gates
from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import Evidence
from alphaplus.evaluation.gating import finding, gate


@gate("floor")
def floors(evidence: Evidence, gates: Gates) -> Iterator[GateResult]:
    """Check each floor beside what a guesser attains that calls up at random, as often as the base rate says.

    Calling up every time reaches a high F1 in a rising market, which is why the guesser's figure stands beside ours.
    """
    wanted = {"F1": gates.min_f1, "precision": gates.min_precision, "recall": gates.min_recall}
    up, called = evidence.up > 0.0, evidence.called_up
    share = float(up.mean()) if len(up) else 0.0
    base = evidence.base_rate[evidence.judged]
    odds = float(base.mean()) if evidence.is_probability and len(up) else share
    ours = _metrics(float(np.sum(up & called)), float(called.sum()), float(up.sum()))
    guesser = _metrics(share * odds, odds, share)
    for name, floor in wanted.items():
        if floor is None:
            continue
        value, chance = ours[name], guesser[name]
        word = "more" if value > chance else "no more"
        yield finding(
            "floor",
            name,
            value=value,
            threshold=floor,
            n=len(up),
            passed=value >= floor,
            detail=f"{name} of calling up {value:.3f}, {floor:.3f} asked for; {word} than a guesser's {chance:.3f}",
            risk=floor / value if value > 0.0 else 1.0,
        )


def _metrics(right: float, called: float, up: float) -> dict[str, float]:
    return {
        "F1": 2.0 * right / (called + up) if called + up > 0.0 else 0.0,
        "precision": right / called if called > 0.0 else 0.0,
        "recall": right / up if up > 0.0 else 0.0,
    }
