"""What one training gives: the model, its scores on unseen rows beside the baselines, and the evidence for them."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alphaplus.models.model import Model
from alphaplus.models.onnx import Parity
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.validate import FoldScore

REPORT = "report.json"
OUT_OF_SAMPLE = "oos.npz"


@dataclass(frozen=True, slots=True)
class Training:
    """What one training gives.

    `folds` and `oos` are the validation on the development part, `holdout` the model's predictions on the untouched
    last slice. `metrics` holds plain values: those of `unseen_metrics`, `splits` (which, how many folds, whether every
    fold learned from the past alone, as the gates ask, and whether the range was too short for the usual ones),
    `parity`, `dataset`. `samples` counts the rows of the development part, `seconds` is the time that its fits took,
    added up over all workers. `importance` is that of the columns, three ways (`models.importance.importances`), on the
    untouched slice where unseen rows are asked.
    """

    model: Model
    metrics: Mapping[str, Any]
    folds: tuple[FoldScore, ...]
    oos: OutOfSample
    holdout: OutOfSample
    parity: Parity
    importance: Mapping[str, Mapping[str, float]]
    dataset_hash: str
    samples: int
    seconds: float

    @property
    def evidence_rows(self) -> OutOfSample:
        """Validation and untouched slice together, on which gates judge."""
        return OutOfSample.join(self.oos, self.holdout)

    def summary(self) -> dict[str, Any]:
        """Plain values for JSON: spec, metrics, folds, importance of the columns in three ways."""
        return {
            "spec": self.model.spec.to_json(),
            "sha256": self.model.sha256,
            "dataset_hash": self.dataset_hash,
            "samples": self.samples,
            "seconds": self.seconds,
            "metrics": dict(self.metrics),
            "folds": [asdict(fold) for fold in self.folds],
            "importance": {kind: dict(values) for kind, values in self.importance.items()},
        }

    def save(self, folder: Path) -> str:
        """Write the artefact, and beside it `report.json` and `oos.npz`; gives the artefact's sha256."""
        sha256 = self.model.save(folder)
        (folder / REPORT).write_text(json.dumps(self.summary(), indent=1, sort_keys=True), encoding="utf-8")
        arrays = io.BytesIO()
        np.savez_compressed(arrays, **self.evidence_rows.arrays())  # type: ignore[arg-type]  # names of arrays only
        (folder / OUT_OF_SAMPLE).write_bytes(arrays.getvalue())
        return sha256


def read_report(folder: Path) -> dict[str, Any]:
    """What `Training.save` wrote as `report.json`: `Training.summary`."""
    content: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    return content


def read_rows(folder: Path) -> OutOfSample:
    """What `Training.save` wrote as `oos.npz`: `Training.evidence_rows`."""
    with np.load(io.BytesIO((folder / OUT_OF_SAMPLE).read_bytes()), allow_pickle=False) as arrays:
        return OutOfSample(**{name: arrays[name] for name in arrays.files})
