"""How scores are shown: each with its interval, beside the baselines on the same rows."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from alphaplus.core.records import GateResult
from alphaplus.evaluation.evidence import BASELINES
from alphaplus.web.commands.say import compact, number
from alphaplus.web.commands.screen import Cell, Screen
from alphaplus.workflows.split_words import folds_called

FIRST = ("skill", "roc_auc", "accuracy", "balanced_accuracy", "log_loss", "ece", "r2", "rank_ic", "mae", "qlike")
KINDS = {  # of the reasons that `datasets.select` gives, by how they begin
    "looks ahead": "leaking",
    "is missing": "mostly missing",
    "is constant": "constant",
    "says what": "repeated",
    "is number": "less important",
}
IMPORTANCE = {"gain": "gain", "permutation": "permutation", "shap": "mean |SHAP|"}
GATES = ("gate", "condition", ">value", ">threshold", ">n", "", "why")


def score_table(screen: Screen, metrics: Mapping[str, Any]) -> None:
    """Print the main scores of the folds and of the untouched slice.

    On a terminal too narrow for one table each part has its own.
    """
    rows = []
    for key, title in (("oos", folds_called(metrics.get("splits"))), ("holdout", "untouched slice")):
        part = metrics.get(key)
        if part is None:
            continue
        for name in FIRST:
            found = part["model"].get(name)
            if found is None:
                continue
            interval = f"{number(found['low'])} to {number(found['high'])}"
            others = [number(part["baselines"][other].get(name)) for other in BASELINES]
            rows.append((title, name, number(found["value"]), interval, *others))
    columns = ("", "score", ">model", ">95 % interval", *(f">{name.replace('_', ' ')}" for name in BASELINES))
    title = "scores on rows that the model had not seen"
    if screen.fits(columns, rows):
        screen.table(title, columns, rows)
        return
    for part in dict.fromkeys(row[0] for row in rows):
        screen.table(f"{part}: {title}", columns[1:], [row[1:] for row in rows if row[0] == part])


def range_note(screen: Screen, metrics: Mapping[str, Any]) -> None:
    """Say where the range was too short for the usual folds."""
    splits = metrics.get("splits", {})
    if splits.get("short_range"):
        blocks = f"{splits['folds']} equal blocks of its second half were tested"
        screen.say(f"  the range is too short for the usual folds; {blocks}", tone="warn")


def column_notes(screen: Screen, metrics: Mapping[str, Any], *, most: int | None = None) -> None:
    """Say which columns of the dataset are mostly missing, and what a selection dropped and why, `most` of them."""
    dataset = metrics.get("dataset", {})
    if dataset.get("absent"):
        names = ", ".join(dataset["absent"])
        screen.say(f"  left out, as the bars carry no trades or order book: {names}", tone="warn")
    if dataset.get("mostly_missing"):
        shares = ", ".join(f"{name} {share:.0%}" for name, share in dataset["mostly_missing"].items())
        screen.say(f"  mostly missing: {shares}", tone="warn")
    selection = dataset.get("selection")
    if selection is not None:
        kept, dropped = len(selection["kept"]), selection["dropped"]
        screen.say(f"  {kept} columns kept of {kept + len(dropped)}, decided on the first {selection['rows']:,} rows")
        if dropped:
            counts = Counter(_kind(reason) for reason in dropped.values())
            screen.say("  dropped: " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
        for name in list(dropped)[:most]:
            screen.say(f"    {name} {dropped[name]}")
        if most is not None and len(dropped) > most:
            screen.say(f"    and {len(dropped) - most} more", tone="quiet")
        for name, reason in selection.get("unjudged", {}).items():
            screen.say(f"    {name} {reason}", tone="warn")


def _kind(reason: str) -> str:
    return next((kind for begin, kind in KINDS.items() if reason.startswith(begin)), "for other reasons")


def importance_table(screen: Screen, importance: Mapping[str, Mapping[str, float]], *, most: int = 15) -> None:
    """Print the columns that move the output most, with their importance of every kind.

    A model that came as ONNX explains nothing, and the base rate looks at nothing: there is no table of them.
    """
    if not any(value for found in importance.values() for value in found.values()):
        return
    names = sorted(importance["gain"], key=lambda name: -importance["shap"].get(name, 0.0))[:most]
    rows = [(name, *(number(importance[kind].get(name), 5) for kind in importance)) for name in names]
    title = f"importance, {len(names)} of {len(importance['gain'])} columns"
    screen.table(title, ("column", *(f">{IMPORTANCE[kind]}" for kind in importance)), rows)


def gate_table(screen: Screen, gates: tuple[GateResult, ...]) -> None:
    """Print every gate with its value, threshold, sample size and reason."""
    rows = [
        (
            gate.gate,
            gate.name,
            compact(gate.value),
            compact(gate.threshold),
            f"{gate.n:,}",
            Cell("passed", "good") if gate.passed else Cell("failed", "bad"),
            gate.detail,
        )
        for gate in gates
    ]
    screen.table("gates", GATES, rows)


def gate_json(gates: tuple[GateResult, ...]) -> list[dict[str, object]]:
    """Gates as plain values."""
    return [
        {
            "gate": gate.gate,
            "name": gate.name,
            "value": gate.value,
            "threshold": gate.threshold,
            "n": gate.n,
            "passed": gate.passed,
            "detail": gate.detail,
        }
        for gate in gates
    ]
