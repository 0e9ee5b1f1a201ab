"""The final fit: on all of the development part but its calibration slice, calibrated, exported and checked."""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold
from alphaplus.models.calibrate import Calibration
from alphaplus.models.conformal import conform
from alphaplus.models.fit import read_fitted
from alphaplus.models.model import Model, Reference, decisiveness_quantiles, headline
from alphaplus.models.onnx import Parity, parity
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import Calibrated, fit_calibrated

SPREAD_FLOOR = 1e-12  # of a regression that errs by nothing


def final_fit(spec: ModelSpec, dataset: Dataset, outer: Fold) -> tuple[Model, Parity]:
    """Fit on the training rows of `outer` but the latest, calibrate on these, export, and check the export.

    Raises ParityError when the exported model does not say what the native one says.
    """
    calibrated = fit_calibrated(spec, dataset, outer.train)
    return exported(
        spec,
        dataset,
        calibrated,
        known=outer.train,
        tested=outer.test,
        trained_from=int(dataset.as_of[calibrated.fit_rows[0]]),
        trained_to=int(dataset.span_end[outer.train].max()),
    )


def exported(
    spec: ModelSpec,
    dataset: Dataset,
    calibrated: Calibrated,
    *,
    known: NDArray[np.intp],
    tested: NDArray[np.intp],
    trained_from: int,
    trained_to: int,
) -> tuple[Model, Parity]:
    """Make the model of what was fitted and calibrated: export, check on rows `tested`, describe those `known`.

    Raises ParityError when the exported model does not say what the native one says.
    """
    native = calibrated.fitted.native()
    fitted = read_fitted(spec, native)  # what is exported and checked is what the file says
    graph = fitted.to_onnx()
    checked = parity(fitted, graph, x=dataset.X[tested], seed=spec.seed)
    seen, unseen = dataset.rows(calibrated.fit_rows), dataset.rows(calibrated.calibration_rows)
    outputs = calibrated.fitted.predict(unseen.X)
    base, values, spread = _unseen(dataset, seen, unseen, p=calibrated.calibration.apply(outputs))
    model = Model(
        spec=spec,
        columns=dataset.columns,
        task=dataset.task,
        classes=dataset.classes,
        trained_from=trained_from,
        trained_to=trained_to,
        base=base,
        spread=spread,
        calibration=calibrated.calibration,
        decisiveness=decisiveness_quantiles(values, base),
        reference=Reference.of(dataset.rows(known).X),
        onnx=graph,
        native=native,
        conformal=conform(
            outputs,
            unseen,
            calibrated=calibrated.calibration != Calibration("identity"),
            shares=calibrated.calibration.shares,
        ),
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
