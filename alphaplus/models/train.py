"""Train: hold out the last slice, walk forward, fit, calibrate, export, check, and score what was held out."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError
from alphaplus.core.parallel import Backend
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold, WalkForward, holdout
from alphaplus.models.family import get_family
from alphaplus.models.model import Model, Reference, decisiveness_quantiles, headline
from alphaplus.models.onnx import Parity, parity
from alphaplus.models.outofsample import OutOfSample, out_of_sample
from alphaplus.models.scoring import report
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import FoldScore, fit_calibrated, walk_forward

REPORT = "report.json"
OUT_OF_SAMPLE = "oos.npz"
SPREAD_FLOOR = 1e-12  # of a regression that errs by nothing


class Watcher(Protocol):
    """Told how far a training has come."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps, None when their number is unknown."""
        ...

    def advance(self, done: int, note: str = "") -> None:
        """Report how many steps of the stage are done."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """What one training gives.

    `folds` and `oos` are the walk-forward on the development part, `holdout` the model's predictions on the untouched
    last slice. `metrics` holds plain values: `oos` and `holdout`, each with intervals and the baselines' scores,
    `splits` (how many folds, and whether the range was too short for the usual ones), `parity`, `dataset`. `samples`
    counts the rows of the development part, `seconds` is the time it took.
    """

    model: Model
    metrics: Mapping[str, Any]
    folds: tuple[FoldScore, ...]
    oos: OutOfSample
    holdout: OutOfSample
    parity: Parity
    dataset_hash: str
    samples: int
    seconds: float

    @property
    def evidence_rows(self) -> OutOfSample:
        """Walk-forward and untouched slice together, on which gates judge."""
        return OutOfSample.join(self.oos, self.holdout)

    def summary(self) -> dict[str, Any]:
        """Plain values for JSON: spec, metrics, folds, importance of the columns."""
        return {
            "spec": self.model.spec.to_json(),
            "sha256": self.model.sha256,
            "dataset_hash": self.dataset_hash,
            "samples": self.samples,
            "seconds": self.seconds,
            "metrics": dict(self.metrics),
            "folds": [asdict(fold) for fold in self.folds],
            "importance": self.model.importance(),
        }

    def save(self, folder: Path) -> str:
        """Write the artefact, and beside it `report.json` and `oos.npz`; gives the artefact's sha256."""
        sha256 = self.model.save(folder)
        (folder / REPORT).write_text(json.dumps(self.summary(), indent=1, sort_keys=True), encoding="utf-8")
        arrays = io.BytesIO()
        np.savez_compressed(arrays, **self.evidence_rows.arrays())  # type: ignore[arg-type]  # names of arrays only
        (folder / OUT_OF_SAMPLE).write_bytes(arrays.getvalue())
        return sha256


def train(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    splits: WalkForward | None = None,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    progress: Watcher | None = None,
) -> Training:
    """Train one spec on a dataset.

    The last fifth of the rows is held out; walk-forward, fit and calibration see only the development part before it.
    The same spec and dataset give the same artefact, whatever the back end. Raises NotEnoughSamples, SingleClass, and
    ParityError when the exported model does not say what the native one says.
    """
    begun = perf_counter()
    _check(spec, dataset)
    splits = splits if splits is not None else WalkForward.for_timeframe(dataset.timeframe)
    outer = holdout(dataset)
    development = dataset.rows(outer.train)
    if progress is not None:
        progress.stage("walk-forward", len(splits.split(development)))
    validation = walk_forward(
        spec,
        development,
        splits=splits,
        backend=backend,
        workers=workers,
        done=progress.advance if progress is not None else None,
    )
    if progress is not None:
        progress.stage("fit, calibration, export")
    model, checked = _final(spec, dataset, outer)
    test = dataset.rows(outer.test)
    held = out_of_sample(dataset, model.predict(test.X), train=outer.train, test=outer.test)
    shape: dict[str, Any] = {"task": dataset.task, "classes": dataset.classes, "horizon": spec.label.horizon}
    metrics = {
        "oos": report(validation.oos, **shape),
        "holdout": report(held, **shape),
        "splits": {"folds": len(validation.folds), "short_range": splits.is_short(development)},
        "parity": asdict(checked),
        "dataset": dataset.report(),
    }
    return Training(
        model=model,
        metrics=metrics,
        folds=validation.folds,
        oos=validation.oos,
        holdout=held,
        parity=checked,
        dataset_hash=dataset.hash,
        samples=len(development),
        seconds=perf_counter() - begun,
    )


def _check(spec: ModelSpec, dataset: Dataset) -> None:
    """Raise ConfigError when the dataset is not the one the spec speaks of."""
    found = ModelSpec.of(dataset, family=spec.family, params=spec.params, seed=spec.seed)
    if found.hash != spec.hash:
        wrong = [name for name, value in found.to_json().items() if value != spec.to_json()[name]]
        raise ConfigError(f"spec and dataset differ in {wrong}", hint="build the spec with ModelSpec.of(dataset, ...)")


def _final(spec: ModelSpec, dataset: Dataset, outer: Fold) -> tuple[Model, Parity]:
    """Fit on the development part but its calibration slice, export, check."""
    calibrated = fit_calibrated(spec, dataset, outer.train)
    native = calibrated.fitted.native()
    fitted = get_family(spec.family).load(native)  # what is exported and checked is what the file says
    exported = fitted.to_onnx()
    checked = parity(fitted, exported, x=dataset.X, seed=spec.seed)
    seen, unseen = dataset.rows(calibrated.fit_rows), dataset.rows(calibrated.calibration_rows)
    base, values, spread = _unseen(dataset, seen, unseen, p=calibrated.predict(unseen.X))
    model = Model(
        spec=spec,
        columns=dataset.columns,
        task=dataset.task,
        classes=dataset.classes,
        trained_from=int(seen.as_of[0]),
        trained_to=int(dataset.span_end[outer.train].max()),
        base=base,
        spread=spread,
        calibration=calibrated.calibration,
        decisiveness=decisiveness_quantiles(values, base),
        reference=Reference.of(dataset.X[outer.train]),
        onnx=exported,
        native=native,
    )
    return model, checked


def _unseen(
    dataset: Dataset, seen: Dataset, unseen: Dataset, *, p: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float]:
    """Base rate of the fitted rows; values and spread of errors on the calibration rows, which the fit has not seen."""
    if dataset.task is Task.REGRESSION:
        values = p[:, 0]
        error = float(np.sqrt(np.mean((unseen.y - values) ** 2)))
        return float(np.average(seen.y, weights=seen.weight)), values, max(error, SPREAD_FLOOR)
    base = headline(seen.class_shares[None, :], dataset.label)
    return float(base[0]), headline(p, dataset.label), 1.0
