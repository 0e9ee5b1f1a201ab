"""Validation: fit on the training part of each fold and predict its test; what comes out was never seen."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Fold, Splits, split_calibration
from alphaplus.evaluation.efficiency import mean_followed
from alphaplus.models.calibrate import Calibration, calibration_of
from alphaplus.models.family import Fitted
from alphaplus.models.fit import fit
from alphaplus.models.model import headline
from alphaplus.models.outofsample import OutOfSample, out_of_sample, paths
from alphaplus.models.scoring import score
from alphaplus.models.spec import ModelSpec

log = logging.getLogger(__name__)

MOST_SEEN = 1_000  # rows learned from that are predicted again, for the walk-forward efficiency


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
    """Scores by fold, and the complete series of predictions that the folds make together.

    `paths` is one series where every row is tested once; of combinatorial folds there are several.
    """

    folds: tuple[FoldScore, ...]
    paths: tuple[OutOfSample, ...]

    @property
    def oos(self) -> OutOfSample:
        """The first series: each tested row once, in order of time."""
        return self.paths[0]


def validate(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    splits: Splits,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
    done: Callable[[int], None] | None = None,
) -> ValidationReport:
    """Score a spec on the tests of all folds.

    Each fold fits and calibrates inside its training part, whose labels do not meet the test, and predicts the test
    untouched. The back ends give the same bits. `done(count)` hears how many folds are finished. A range too short for
    the usual folds is warned of. Raises NotEnoughSamples when it is too short for any, and ConfigError when the columns
    were chosen on rows that a fold tests.
    """
    folds = folds_of(dataset, splits)
    if splits.is_short(dataset):
        warn_of_short_range(folds=len(folds), rows=len(dataset))
    work = partial(_numbered, spec, dataset)
    results = parallel_map(work, list(enumerate(folds)), backend=backend, workers=workers, done=done)
    return gathered(results)


def folds_of(dataset: Dataset, splits: Splits) -> list[Fold]:
    """The folds of a dataset.

    Raises NotEnoughSamples, and ConfigError when the columns were chosen on rows that a fold tests.
    """
    folds = splits.split(dataset)
    _require_unseen(dataset, folds, splits=splits)
    return folds


def warn_of_short_range(*, folds: int, rows: int) -> None:
    """Warn who trains in Python that the range is too short for the usual folds; commands say it in their result."""
    log.warning("range too short for the usual folds", extra={"folds": folds, "rows": rows})


def gathered(results: Sequence[tuple[FoldScore, OutOfSample]]) -> ValidationReport:
    """What all folds say together, from what `score_fold` gave for each, in their order."""
    return ValidationReport(tuple(scored for scored, _ in results), paths([oos for _, oos in results]))


def _require_unseen(dataset: Dataset, folds: Sequence[Fold], *, splits: Splits) -> None:
    """A selection of columns is fitted too: no fold may test what it has looked at."""
    if dataset.selection is None:
        return
    first = min(int(dataset.as_of[fold.test].min()) for fold in folds)
    if first <= dataset.selection.until:
        raise ConfigError(
            f"the columns were chosen on answers known up to {np.datetime64(dataset.selection.until, 'ms')}, "
            f"and {splits.name} tests rows from {np.datetime64(first, 'ms')} on",
            hint="keep all columns, or split by walk_forward or rolling",
        )


def fit_calibrated(spec: ModelSpec, dataset: Dataset, index: NDArray[np.intp]) -> Calibrated:
    """Fit on the earlier of the rows at `index` and calibrate on the later ones."""
    fit_rows, calibration_rows = split_calibration(dataset, index)
    earlier = dataset.rows(fit_rows)
    fitted = fit(spec, earlier)
    later = dataset.rows(calibration_rows)
    shares = tuple(earlier.class_shares.tolist()) if dataset.weighting.balance_classes else ()
    calibration = calibration_of(fitted.predict(later.X), later, shares=shares)
    return Calibrated(fitted, calibration, fit_rows, calibration_rows)


def _numbered(spec: ModelSpec, dataset: Dataset, numbered: tuple[int, Fold]) -> tuple[FoldScore, OutOfSample]:
    number, fold = numbered
    return score_fold(spec, dataset, fold, number=number)


def score_fold(spec: ModelSpec, dataset: Dataset, fold: Fold, *, number: int) -> tuple[FoldScore, OutOfSample]:
    """Fit and calibrate on the training rows of a fold, predict its test rows, and score them."""
    try:
        calibrated = fit_calibrated(spec, dataset, fold.train)
    except NotEnoughSamples as error:
        error.context["fold"] = number
        raise
    test = dataset.rows(fold.test)
    p = calibrated.predict(test.X)
    oos = out_of_sample(dataset, p, train=fold.train, test=fold.test, fold=number)
    metrics = score(oos, label=dataset.label) | _followed(dataset, calibrated, test, predicted=oos.predicted)
    scored = FoldScore(number, fold.start, fold.end, len(fold.train), len(fold.test), test.n_eff, metrics)
    return scored, oos


def _followed(
    dataset: Dataset, calibrated: Calibrated, test: Dataset, *, predicted: NDArray[np.float64]
) -> dict[str, float]:
    """What following the calls earned a row: on the test, and on as many rows, the latest, that were learned from.

    Of more than 1,000 of the latter evenly spaced ones are asked: another prediction of each would cost what a tenth
    of the fit does.
    """
    if not dataset.label.directional:
        return {}
    middle = 0.5 if dataset.classes else 0.0
    latest = calibrated.fit_rows[-len(test) :]
    known = dataset.rows(latest[:: -(-len(latest) // MOST_SEEN)])
    learned = headline(calibrated.predict(known.X), dataset.label)
    return {
        "mean_return": mean_followed(predicted, test.outcome, neutral=middle),
        "mean_return_seen": mean_followed(learned, known.outcome, neutral=middle),
    }
