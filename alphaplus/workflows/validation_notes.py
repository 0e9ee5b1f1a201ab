"""What a reader of a validation report must know before believing its figures, in plain sentences."""

from collections.abc import Mapping
from typing import Any

from alphaplus.core.config import Gates
from alphaplus.core.moments import minute
from alphaplus.evaluation.evidence import BASELINES
from alphaplus.workflows.split_words import folds_called

UNTOUCHED = "the untouched slice"


def notes(content: Mapping[str, Any], *, gates: Gates) -> list[dict[str, str]]:
    """Notes as `text` and `tone`, the warnings first: "warn" qualifies the figures, "info" says how to read them."""
    warnings = [*_data(content, gates), *_scores(content), *_judgement(content)]
    return [
        *({"tone": "warn", "text": text} for text in warnings),
        *({"tone": "info", "text": text} for text in _reading(content)),
    ]


def _data(content: Mapping[str, Any], gates: Gates) -> list[str]:
    found = []
    if content["simulated"]:
        found.append("Simulated data: these prices come from a generator.")
    if content["imported"] is not None:
        told = content["imported"]
        found.append(
            f"Trained elsewhere ({told['file']}), on nothing after {minute(told['trained_to'])} UTC as who brought it "
            "says: nothing here can check that, and every score is only as honest as that."
        )
    if content["splits"]["short_range"]:
        count = content["splits"]["folds"]
        found.append(
            f"The range is too short for the usual folds; {count} equal blocks of its second half were tested."
        )
    independent = sum(content["scores"][part]["n_eff"] for part in ("oos", "holdout"))
    if independent < gates.min_effective_samples:
        found.append(
            f"Few answers: the unseen rows hold only about {independent:,.0f} independent ones, fewer than the "
            f"{gates.min_effective_samples:,.0f} that gates ask for."
        )
    mostly = content["data"].get("mostly_missing")
    if mostly:
        found.append(f"Mostly missing: {', '.join(mostly)}.")
    return found


def _scores(content: Mapping[str, Any]) -> list[str]:
    found = []
    doubtful, worse = [], []
    for part, name in (("oos", f"the {folds_called(content['splits'])}"), ("holdout", UNTOUCHED)):
        scores = content["scores"][part]
        skill = scores["model"].get("skill")
        if skill is None:
            continue
        if skill["high"] < 0.0:
            worse.append(name)
        elif skill["low"] <= 0.0:
            doubtful.append(name)
        better = [
            other.replace("_", " ")
            for other in BASELINES
            if scores["baselines"].get(other, {}).get("skill", float("-inf")) > skill["value"]
        ]
        if better:
            found.append(f"In {name} these baselines have more skill: {', '.join(better)}.")
    if worse:
        found.insert(0, f"The model is worse than the base rate beyond chance in {' and '.join(worse)}.")
    if doubtful:
        found.insert(0, f"No skill can be told from chance in {' and '.join(doubtful)}: the interval holds zero.")
    skills = [fold["metrics"]["skill"] for fold in content["folds"] if "skill" in fold["metrics"]]
    positive = sum(value > 0.0 for value in skills)
    if skills and positive <= len(skills) / 2:
        found.append(f"Only {positive} of {len(skills)} folds had a positive skill.")
    if content["permutation"] is not None and content["permutation"]["p_value"] > 0.05:
        found.append(
            f"Permuted outcomes fit as well in {100 * content['permutation']['p_value']:.1f} % of draws (p-value)."
        )
    return found


def _judgement(content: Mapping[str, Any]) -> list[str]:
    found = []
    if content["evaluation"] is None:
        found.append(
            f"No gate has judged it yet: alphaplus evaluate_and_promote --candidate {content['model']['number']}."
        )
    if content["trials"] > 1:
        found.append(
            f"{content['trials']} different specs were tried for this slot: the best of many looks better than it is. "
            + (
                "The deflated Sharpe ratio among the gates allows for that, these scores do not."
                if content["model"]["directional"]
                else "These scores do not allow for that."
            )
        )
    record = content["record"]
    if content["model"]["directional"] and record["years"] < record["minimum_years"]:
        found.append(
            f"The unseen record is {record['years']:.1f} years long. The best of {content['trials']} useless specs is "
            f"expected to show an annual Sharpe ratio of 1 in any record under {record['minimum_years']:.1f} years."
        )
    return found


def _reading(content: Mapping[str, Any]) -> list[str]:
    horizon = content["model"]["spec"]["label"]["horizon"]
    scores = content["scores"]["oos"]
    found = []
    if horizon > 1:
        found.append(
            f"Labels look {horizon} bars ahead and overlap: the {scores['rows']:,} rows of the "
            f"{folds_called(content['splits'])} hold about {scores['n_eff']:,.0f} independent answers. Intervals are "
            "from a block bootstrap, which allows for that."
        )
    found.append(
        "Permutation importance and SHAP are of the untouched slice. Whoever chooses columns by them has used it up."
    )
    return found
