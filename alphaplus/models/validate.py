"""Walk-forward validation: fit on the past, predict the next slice, move on; what comes out was never seen."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import NotEnoughSamples
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold, WalkForward, split_calibration
from alphaplus.models.calibrate import Calibration, calibrate
from alphaplus.models.family import Fitted
from alphaplus.models.fit import fit
from alphaplus.models.outofsample import OutOfSample, out_of_sample
from alphaplus.models.scoring import score
from alphaplus.models.spec import ModelSpec

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted model with its calibration; what each was fitted on are positions in the dataset."""

    fitted: Fitted
    calibration: Calibration
    fit_rows: NDArray[np.intp]
    calibration_rows: NDArray[np.intp]

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated outputs (n, k)."""
        return self.calibration.apply(self.fitted.predict(x))


@dataclass(frozen=True, slots=True)
class FoldScore:
    """One fold: the range of `as_of` it tested (ms UTC, half open), its sizes and its scores."""

    fold: int
    start: int
    end: int
    train_rows: int
    test_rows: int
    n_eff: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Scores by fold and the stitched predictions of all of them."""

    folds: tuple[FoldScore, ...]
    oos: OutOfSample


def walk_forward(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    splits: WalkForward,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    done: Callable[[int], None] | None = None,
) -> ValidationReport:
    """Score a spec on consecutive future slices.

    Each fold fits and calibrates inside its training part, whose labels end before the slice begins, and predicts the
    slice untouched. The back ends give the same bits. `done(count)` hears how many folds are finished. A range too
    short for the usual folds is warned of. Raises NotEnoughSamples when it is too short for any.
    """
    folds = splits.split(dataset)
    if splits.is_short(dataset):
        log.warning("range too short for the usual folds", extra={"folds": len(folds), "rows": len(dataset)})
    work = partial(_fold, spec, dataset)
    results = parallel_map(work, list(enumerate(folds)), backend=backend, workers=workers, done=done)
    return ValidationReport(tuple(scored for scored, _ in results), OutOfSample.join(*(oos for _, oos in results)))


def fit_calibrated(spec: ModelSpec, dataset: Dataset, index: NDArray[np.intp]) -> Calibrated:
    """Fit on the earlier of the rows at `index` and calibrate on the later ones."""
    fit_rows, calibration_rows = split_calibration(dataset, index)
    earlier = dataset.rows(fit_rows)
    fitted = fit(spec, earlier)
    later = dataset.rows(calibration_rows)
    y = np.searchsorted(later.classes, later.y) if later.classes else np.zeros(len(later), dtype=np.intp)
    calibration = calibrate(
        fitted.predict(later.X),
        y,
        as_of=later.as_of,
        span_end=later.span_end,
        n_eff=later.n_eff,
        task=dataset.task,
        shares=tuple(earlier.class_shares.tolist()) if dataset.weighting.balance_classes else (),
    )
    return Calibrated(fitted, calibration, fit_rows, calibration_rows)


def _fold(spec: ModelSpec, dataset: Dataset, numbered: tuple[int, Fold]) -> tuple[FoldScore, OutOfSample]:
    number, fold = numbered
    try:
        calibrated = fit_calibrated(spec, dataset, fold.train)
    except NotEnoughSamples as error:
        error.context["fold"] = number
        raise
    test = dataset.rows(fold.test)
    p = calibrated.predict(test.X)
    oos = out_of_sample(dataset, p, train=fold.train, test=fold.test, fold=number)
    metrics = score(oos, task=dataset.task)
    scored = FoldScore(number, fold.start, fold.end, len(fold.train), len(fold.test), test.n_eff, metrics)
    return scored, oos
