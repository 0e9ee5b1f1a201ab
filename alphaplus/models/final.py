"""The final fit: on all of the development part but its calibration slice, calibrated, exported and checked."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold
from alphaplus.models.conformal import conform
from alphaplus.models.family import get_family
from alphaplus.models.model import Model, Reference, decisiveness_quantiles, headline
from alphaplus.models.onnx import Parity, parity
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import fit_calibrated

SPREAD_FLOOR = 1e-12  # of a regression that errs by nothing


def final_fit(spec: ModelSpec, dataset: Dataset, outer: Fold) -> tuple[Model, Parity]:
    """Fit on the training rows of `outer` but the latest, calibrate on these, export, and check the export.

    Raises ParityError when the exported model does not say what the native one says.
    """
    calibrated = fit_calibrated(spec, dataset, outer.train)
    native = calibrated.fitted.native()
    fitted = get_family(spec.family).load(native)  # what is exported and checked is what the file says
    exported = fitted.to_onnx()
    checked = parity(fitted, exported, x=dataset.X[outer.test], seed=spec.seed)
    seen, unseen = dataset.rows(calibrated.fit_rows), dataset.rows(calibrated.calibration_rows)
    outputs = calibrated.fitted.predict(unseen.X)
    base, values, spread = _unseen(dataset, seen, unseen, p=calibrated.calibration.apply(outputs))
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
        conformal=conform(outputs, unseen),
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
    shares = np.array([np.sum(seen.weight[seen.y == value]) for value in dataset.classes])
    base = headline((shares / shares.sum())[None, :], dataset.label)
    return float(base[0]), headline(p, dataset.label), 1.0
