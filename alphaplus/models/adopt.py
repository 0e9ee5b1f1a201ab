"""Adopt a model that was trained elsewhere: calibrate and score it on bars that it cannot have learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.errors import ModelRefused, NotEnoughSamples
from alphaplus.core.moments import minute
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import LEAST_FOLDS, LEAST_ROWS, LEAST_TRAIN_ROWS, split_calibration
from alphaplus.evaluation.evidence import UNTOUCHED
from alphaplus.models.calibrate import Calibration, calibration_of
from alphaplus.models.family import Fitted, get_family
from alphaplus.models.final import exported
from alphaplus.models.judge import judged
from alphaplus.models.model import Model
from alphaplus.models.outofsample import OutOfSample, out_of_sample
from alphaplus.models.scoring import score
from alphaplus.models.spec import ModelSpec
from alphaplus.models.training import Training
from alphaplus.models.validate import Calibrated, FoldScore

SCORED = 0.8  # share of the rows after the training that judge; those before them calibrate
HELD = 0.2  # share of these, the latest, that are the untouched slice
CALIBRATED_FROM = 50  # effective rows; under them a calibration would fit chance
CLOSE = 1e-4  # probabilities of a row sum to one as nearly

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Parts:
    """Positions in a dataset: rows answered before the training ended, rows that calibrate, rows that judge."""

    past: Index
    calibration: Index
    scored: Index


def adopt(
    spec: ModelSpec, dataset: Dataset, native: bytes, *, trained_to: int, about: Mapping[str, object]
) -> Training:
    """Make a training of a model whose native file the family reads, and which was trained until `trained_to` (ms UTC).

    The first fifth of the rows after calibrates it and tells how decisive it is; the rest is scored, in six blocks and
    an untouched last slice. Baselines learn from rows before each block. `about` is kept among the metrics, where
    `calibration` is added to it. Raises NotEnoughSamples where too few rows lie before or after, ModelRefused when the
    outputs are no probabilities.
    """
    begun = perf_counter()
    parts = _parts(dataset, trained_to)
    fitted = get_family(spec.family).load(native)
    _require_outputs(fitted, dataset)
    later = dataset.rows(parts.calibration)
    enough = later.n_eff >= CALIBRATED_FROM
    calibration = calibration_of(fitted.predict(later.X), later) if enough else Calibration("identity")
    calibrated = Calibrated(fitted, calibration, parts.past, parts.calibration)
    known = np.concatenate([parts.past, parts.calibration])
    last = max(trained_to, int(dataset.span_end[parts.calibration].max()))
    model, checked = exported(
        spec, dataset, calibrated, known=known, tested=parts.scored, trained_from=trained_to, trained_to=last
    )
    folds, rows = _scored(dataset, model, parts.scored)
    return judged(
        model,
        dataset,
        parity=checked,
        folds=folds,
        paths=[OutOfSample.join(*rows[:-1])],
        held=rows[-1],
        splits={"name": "imported", "forward": True, "folds": len(folds), "short_range": False},
        about={"imported": {**about, "trained_to": trained_to, "calibration": calibration.method}},
        samples=len(parts.calibration),
        seconds=perf_counter() - begun,
    )


def _parts(dataset: Dataset, trained_to: int) -> Parts:
    past = np.flatnonzero(dataset.span_end <= trained_to)
    after = np.flatnonzero(dataset.as_of > trained_to)
    if len(past) < LEAST_TRAIN_ROWS:
        raise NotEnoughSamples(
            f"{len(past)} rows were answered before {minute(trained_to)} UTC, {LEAST_TRAIN_ROWS} are needed: the "
            "baselines that the model is compared with learn from them",
            hint="import older bars",
        )
    if len(after) < LEAST_ROWS:
        raise NotEnoughSamples(
            f"{len(after)} rows lie after {minute(trained_to)} UTC, {LEAST_ROWS} are needed: the model is scored on "
            "nothing that it may have learned from",
            hint="import newer bars",
        )
    return Parts(past, *split_calibration(dataset, after, share=SCORED))


def _require_outputs(fitted: Fitted, dataset: Dataset) -> None:
    p = fitted.predict(dataset.X)
    if not np.isfinite(p).all():
        raise ModelRefused("the model gives values that are no numbers", hint="look at the columns and their order")
    if dataset.task is Task.REGRESSION:
        return
    if p.min() < -CLOSE or p.max() > 1.0 + CLOSE or float(np.abs(p.sum(axis=1) - 1.0).max()) > CLOSE:
        raise ModelRefused(
            "the outputs of the model are no probabilities that sum to one",
            hint="export it with its sigmoid or softmax",
        )


def _scored(dataset: Dataset, model: Model, index: Index) -> tuple[tuple[FoldScore, ...], list[OutOfSample]]:
    """Scores of the blocks, and the predictions of all of them, the untouched slice last."""
    as_of = dataset.as_of[index]
    end = int(as_of[-1]) + dataset.timeframe.ms
    held = int(as_of[int(len(as_of) * (1.0 - HELD))])
    edges = np.linspace(int(as_of[0]), held, LEAST_FOLDS + 1).astype(np.int64).tolist()
    folds, rows = [], []
    for number, (start, stop) in enumerate(pairwise([*edges, end])):
        test = index[(as_of >= start) & (as_of < stop)]
        if not len(test):
            continue  # no bars in it
        untouched = start == held
        before = np.flatnonzero(dataset.span_end < dataset.as_of[test[0]])
        p = model.predict(dataset.X[test])
        found = out_of_sample(dataset, p, train=before, test=test, fold=UNTOUCHED if untouched else number)
        rows.append(found)
        if not untouched:
            metrics = score(found, label=dataset.label)
            n_eff = dataset.rows(test).n_eff
            folds.append(FoldScore(number, start, stop, len(before), len(test), n_eff, metrics))
    return tuple(folds), rows
