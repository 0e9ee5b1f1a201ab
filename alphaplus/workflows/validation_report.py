"""The validation report of a version: all that is known of how well it does, as plain values and as one HTML page.

Nothing is fitted or predicted for it: it is read from the registry and from what the training left beside the artefact.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import DAY_MS
from alphaplus.core.enums import Task
from alphaplus.core.errors import ArtifactCorrupt
from alphaplus.core.records import Evaluation
from alphaplus.datasets.weights import effective_samples
from alphaplus.evaluation import classify
from alphaplus.evaluation.calibration import bins, calibration_curve
from alphaplus.evaluation.evidence import UNTOUCHED
from alphaplus.evaluation.losses import binary_log_loss, squared_error
from alphaplus.evaluation.overfit import minimum_years
from alphaplus.models.artifact import load_model
from alphaplus.models.model import Model
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.training import read_report, read_rows
from alphaplus.registry.versions import ModelVersion
from alphaplus.trading.export import thin
from alphaplus.workflows.base import Ports
from alphaplus.workflows.trials import trials_of
from alphaplus.workflows.validation_notes import notes
from alphaplus.workflows.validation_page import render

VERSION = 1  # of the JSON form
MOST_POINTS = 600
BARS = 30  # of the distribution
DIRECTIONS = (0.0, 1.0)
DAYS_A_YEAR = 365.25


def stored_report(version: ModelVersion, ports: Ports) -> dict[str, Any]:
    """What the training of a version reported; raises ArtifactCorrupt when it is gone or cannot be read."""
    try:
        return read_report(ports.artifacts.open(version.artifact_uri))
    except (OSError, ValueError) as error:
        raise ArtifactCorrupt(
            f"the report of the training of {version.label} cannot be read: {error}", hint="train again"
        ) from error


def validation_report(version: ModelVersion, ports: Ports) -> dict[str, Any]:
    """The report as plain values for JSON; times are ms UTC, losses nats or squares of the label's unit.

    Raises ArtifactCorrupt when the artefact was changed, or what stood beside it is gone.
    """
    folder = ports.artifacts.open(version.artifact_uri)
    model = load_model(folder, expected=version.sha256)
    found = stored_report(version, ports)
    try:
        rows = read_rows(folder)
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactCorrupt(
            f"the predictions kept beside {version.label} cannot be read: {error}", hint="train again"
        ) from error
    evaluations = ports.models.evaluations(version.number)
    metrics, trials = found["metrics"], trials_of(version.slot, ports)
    content = {
        "version": VERSION,
        "made_at": ports.clock.now(),
        "model": _about(version, model),
        "simulated": _simulated(version, ports),
        "imported": metrics.get("imported"),
        "data": metrics["dataset"],
        "scores": {part: metrics[part] for part in ("oos", "holdout")},
        "splits": metrics["splits"],
        "folds": found["folds"],
        "gain": _gain(rows, model),
        "reliability": _reliability(rows),
        "distribution": _distribution(rows, model),
        "confusion": _confusion(rows, model),
        "importance": found["importance"],
        "calibration": {**model.calibration.to_json(), "base": model.base, "spread": model.spread},
        "parity": metrics["parity"],
        "conformal": metrics.get("conformal"),
        "permutation": metrics.get("permutation"),
        "trials": trials,
        "record": _record(rows, trials),
        "evaluation": _judgement(evaluations),
    }
    return content | {"notes": notes(content, gates=ports.settings.gates)}


def write_validation_report(version: ModelVersion, ports: Ports, folder: Path) -> tuple[dict[str, Any], list[Path]]:
    """Write `validation-LABEL.html` and `.json` into a folder, which is made; gives the content and the files."""
    content = validation_report(version, ports)
    texts = {"html": render(content), "json": json.dumps(content, indent=1, allow_nan=False)}
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for ending, text in texts.items():
        files.append(folder / f"validation-{version.label}.{ending}")
        files[-1].write_text(text, encoding="utf-8")
    return content, files


def _about(version: ModelVersion, model: Model) -> dict[str, Any]:
    """What the version is and what it was made of."""
    return {
        "number": version.number,
        "label": version.label,
        "stage": version.stage.value,
        "slot": str(version.slot),
        "task": model.task.value,
        "directional": model.spec.label.directional,
        "spec": model.spec.to_json(),
        "columns": list(model.columns),
        "sha256": version.sha256,
        "dataset_hash": version.dataset_hash,
        "code": version.code,
        "trained_from": version.trained_from,
        "trained_to": version.trained_to,
        "samples": version.samples,
        "seconds": version.seconds,
        "size_mb": version.size_mb,
        "created_by": version.created_by,
        "created_at": version.created_at,
        "parent": version.parent,
    }


def _simulated(version: ModelVersion, ports: Ports) -> bool:
    series = {one.instrument.symbol: one.instrument.simulated for one in ports.bars.series()}
    return any(series.get(symbol, False) for symbol in version.slot.symbols)


def _record(rows: OutOfSample, trials: int) -> dict[str, float]:
    """For how long there are unseen predictions, and for how long there should be after so many trials, in years."""
    return {
        "years": float(rows.span_end.max() - rows.as_of.min()) / (DAYS_A_YEAR * DAY_MS),
        "minimum_years": minimum_years(trials),
    }


def _gain(rows: OutOfSample, model: Model) -> dict[str, Any]:
    """How much less the model lost than the base rate, added up over time: the mean of all symbols at each time."""
    judged = rows.rows(rows.judged)
    loss = squared_error if model.task is Task.REGRESSION else binary_log_loss
    better = loss(judged.actual, judged.base_rate) - loss(judged.actual, judged.predicted)
    times, starts, counts = np.unique(judged.as_of, return_index=True, return_counts=True)
    total = np.cumsum(np.add.reduceat(better, starts) / counts)
    kept = thin([total, -total], most=MOST_POINTS)
    untouched = judged.as_of[judged.fold == UNTOUCHED]
    return {
        "times": times[kept].tolist(),
        "gain": total[kept].tolist(),
        "untouched_from": int(untouched[0]) if len(untouched) else None,
        "unit": "squared error" if model.task is Task.REGRESSION else "nats",
    }


def _reliability(rows: OutOfSample) -> dict[str, Any]:
    """Mean forecast and mean outcome in ten bins of equal mass, of all unseen rows, and what chance does to the latter.

    `error` is about 95 %: 1.96 standard errors of the mean of as many independent outcomes as a bin's rows are worth.
    """
    judged = rows.rows(rows.judged)
    curve = calibration_curve(judged.actual, judged.predicted)
    number = bins(judged.predicted)
    spread = np.array([judged.actual[number == one].std() for one in np.unique(number)])
    independent = effective_samples(judged.as_of, judged.span_end, instrument_id=judged.instrument_id)
    worth = np.maximum(curve.count * independent / len(judged), 1.0)
    return {
        "predicted": curve.predicted.tolist(),
        "observed": curve.observed.tolist(),
        "error": (1.96 * spread / np.sqrt(worth)).tolist(),
        "count": curve.count.tolist(),
    }


def _distribution(rows: OutOfSample, model: Model) -> dict[str, Any]:
    """How many unseen rows were given which probability (or forecast), in bars of equal width."""
    counts, edges = np.histogram(rows.predicted, bins=BARS)
    return {"edges": edges.tolist(), "count": counts.tolist(), "base": model.base}


def _confusion(rows: OutOfSample, model: Model) -> dict[str, Any] | None:
    """How often each class was called each: of direction or event, or of the label where it has more classes."""
    if model.task is Task.REGRESSION:
        return None
    if model.task is Task.MULTICLASS:
        return _counted(rows.y, rows.p, model.classes, _names(model.classes))
    judged = rows.rows(rows.judged)
    names = ["down", "up"] if model.spec.label.directional else ["no", "yes"]
    return _counted(judged.actual, judged.predicted, DIRECTIONS, names)


def _counted(
    y: NDArray[np.float64], p: NDArray[np.float64], classes: tuple[float, ...], names: Sequence[str]
) -> dict[str, Any]:
    return {"classes": list(names), "count": classify.confusion(y, p, classes=classes).tolist()}


def _names(classes: Sequence[float]) -> list[str]:
    words: Mapping[float, str] = {-1.0: "down", 0.0: "hold", 1.0: "up"}
    return [words.get(value, f"{value:g}") for value in classes]


def _judgement(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    """The newest evaluation with its gates."""
    if not evaluations:
        return None
    newest = evaluations[-1]
    gates = [
        {name: getattr(gate, name) for name in ("gate", "name", "value", "threshold", "n", "passed", "detail")}
        for gate in newest.gates
    ]
    return {
        "verdict": newest.verdict.value,
        "risk_score": newest.risk_score,
        "champion": newest.champion,
        "created_at": newest.created_at,
        "samples": newest.samples,
        "window_start": newest.window_start,
        "window_end": newest.window_end,
        "notes": newest.notes,
        "gates": gates,
    }
