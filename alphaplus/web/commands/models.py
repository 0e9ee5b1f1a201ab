"""`alphaplus models`: the registry as a table, one version in full, its validation report, models from elsewhere."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from alphaplus.core.errors import ArtifactCorrupt
from alphaplus.registry.versions import ModelVersion
from alphaplus.web.commands.models_import import calibration_of, import_file
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, number, stage, utc
from alphaplus.web.commands.scores import column_notes, gate_json, gate_table, importance_table, range_note, score_table
from alphaplus.workflows.trials import trials_of
from alphaplus.workflows.validation_report import stored_report, write_validation_report

COLUMNS = (">number", "label", "slot", "family", "stage", ">skill", ">AUC", ">trained to", "verdict")
SPARE = ("label", ">trained to", ">AUC", "family", "verdict")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """List all versions, show one, write its validation report, or import one."""
    if arguments.action == "import":
        return import_file(arguments, context)
    store = context.ports.models
    if arguments.action == "show":
        return _show(store.get(arguments.version), context)
    if arguments.action == "report":
        return _report(store.get(arguments.version), Path(arguments.out), context)
    versions = store.find()
    context.screen.result({"models": [_as_json(version) for version in versions]})
    rows = []
    for version in versions:
        evaluations = store.evaluations(version.number)
        verdict = evaluations[-1].verdict.value if evaluations else "not judged"
        rows.append(
            (
                str(version.number),
                version.label,
                str(version.slot),
                version.family,
                stage(version.stage),
                number(_walked(version, "skill")),
                number(_walked(version, "roc_auc")),
                utc(version.trained_to),
                verdict,
            )
        )
    context.screen.table("model versions, scores of their folds", COLUMNS, rows, spare=SPARE)
    if not versions:
        context.screen.note("no version yet; train one: alphaplus train_ml_model --symbols BTCUSDT")
    return 0


def _walked(version: ModelVersion, score: str) -> float | None:
    """A score of the walk-forward."""
    scores = version.metrics.get("oos")
    found = scores["model"].get(score) if isinstance(scores, dict) else None
    return None if found is None else float(found["value"])


def _as_json(version: ModelVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "label": version.label,
        "slot": str(version.slot),
        "family": version.family,
        "stage": version.stage.value,
        "metrics": dict(version.metrics),
        "trained_from": version.trained_from,
        "trained_to": version.trained_to,
        "samples": version.samples,
        "seconds": version.seconds,
        "size_mb": version.size_mb,
        "sha256": version.sha256,
        "created_at": version.created_at,
        "deployed_at": version.deployed_at or None,
    }


def _show(version: ModelVersion, context: Context) -> int:
    evaluations = context.ports.models.evaluations(version.number)
    gates = evaluations[-1].gates if evaluations else ()
    trials, importance = trials_of(version.slot, context.ports), _importance(version, context)
    content = {**_as_json(version), "trials": trials, "gates": gate_json(gates), "importance": importance}
    context.screen.result(content)
    say = context.screen.say
    say(f"version {version.number} ({version.label}), {version.stage}")
    say(f"  slot {version.slot}, {version.family}, features {version.spec.feature_set}")
    say(f"  {count_of(trials, 'spec')} tried for the slot, which is what the gates deflate by")
    imported = version.metrics.get("imported")
    if isinstance(imported, dict):
        say(f"  trained elsewhere until {utc(imported['trained_to'])} UTC, from {imported['file']}")
        say(f"  {calibration_of(imported)} on {version.samples:,} rows to {utc(version.trained_to)} UTC")
    else:
        say(f"  learned from {utc(version.trained_from)} to {utc(version.trained_to)} UTC, {version.samples:,} rows")
    say(f"  artefact {version.sha256[:16]}, {version.size_mb:.2f} MB, dataset {version.dataset_hash[:16]}")
    range_note(context.screen, version.metrics)
    column_notes(context.screen, version.metrics)
    score_table(context.screen, version.metrics)
    importance_table(context.screen, importance)
    if gates:
        gate_table(context.screen, gates)
    else:
        context.screen.note(f"not judged yet: alphaplus evaluate_and_promote --candidate {version.number}")
    return 0


def _importance(version: ModelVersion, context: Context) -> Mapping[str, Mapping[str, float]]:
    """What its training reported, or nothing, and a word about it, where the artefact is gone."""
    try:
        found: Mapping[str, Mapping[str, float]] = stored_report(version, context.ports)["importance"]
    except ArtifactCorrupt as error:
        context.screen.say(f"  {error}", tone="warn")
        return {}
    return found


def _report(version: ModelVersion, folder: Path, context: Context) -> int:
    content, files = write_validation_report(version, context.ports, folder)
    context.screen.result({"report": {"files": [str(path) for path in files]}, **content})
    for path in files:
        context.screen.say(f"wrote {path}")
    for note in content["notes"]:
        if note["tone"] == "warn":
            context.screen.say(f"  {note['text']}", tone="warn")
    return 0
