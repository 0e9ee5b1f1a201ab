"""Permutation p-values: how often predictions fit as well outcomes that have nothing to do with them.

Outcomes change places in blocks, at least as long as a label lives, so that labels that overlap stay together. The
p-value is (1 + how many permutations fit at least as well) / (1 + permutations): never zero.

`shuffled_outcomes` keeps the out-of-sample predictions and permutes what happened: cheap, and it answers whether
predictions are related to outcomes. `refitted` permutes the labels of the dataset and repeats the whole validation, so
that it also answers whether the way of learning finds skill where none can be; it costs a validation each time.
Reference: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses (2005).
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task
from alphaplus.core.parallel import Backend
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.splits import Splits
from alphaplus.evaluation.bootstrap import optimal_block
from alphaplus.evaluation.calibration import log_odds
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.scoring import score
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import validate

PERMUTATIONS = 999
REFITS = 200
LIVES = 4  # of a label in a block: at the seams of blocks a part of the overlap is lost
LEAST_BLOCKS = 10  # 3.6 million orders
MOST_BLOCKS = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Permutation:
    """`p_value` of `permutations`, each of blocks of `block` times.

    `observed` is the statistic of the outcomes as they were, `usual` its mean over the permutations.
    """

    p_value: float
    observed: float
    usual: float
    permutations: int
    block: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def shuffled_outcomes(
    oos: OutOfSample, *, task: Task, horizon: int, permutations: int = PERMUTATIONS, seed: int = 0
) -> Permutation:
    """Whether predictions are related to outcomes, by permuting the outcomes among the times of the predictions.

    The statistic is the mean product of outcome and log-odds (of a regression: forecast), both less their means within
    an instrument. Of one instrument this ranks permutations exactly as log loss or squared error do, whose other terms
    no permutation changes. All instruments are permuted alike, as they move together. Blocks hold 4 lives of a label,
    or as much as the dependence of the products over time asks for.
    """
    judged = oos.rows(oos.judged)
    leaning = judged.predicted if task is Task.REGRESSION else log_odds(judged.predicted)
    outcomes, said = _by_time(judged, judged.actual), _by_time(judged, leaning)
    products = (outcomes * said).sum(axis=1)
    block = _block(len(products), horizon, optimal_block(products))
    count = -(-len(products) // block)
    fits = _folded(outcomes, count, block) @ _folded(said, count, block).T  # of every block of outcomes in every place
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(np.arange(count), (permutations, 1)), axis=1)
    drawn = fits[orders, np.arange(count)].sum(axis=1) / len(judged)
    observed = float(np.trace(fits)) / len(judged)
    return _found(observed, drawn, block, slack=1e-12 * float(np.abs(fits).sum()) / len(judged))


def refitted(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    splits: Splits,
    permutations: int = REFITS,
    seed: int = 0,
    backend: Backend = Backend.SEQUENTIAL,
    workers: int = -1,
) -> Permutation:
    """Whether a way of learning finds more skill in these labels than in permuted ones, by repeating the validation."""

    def skill(rows: Dataset) -> float:
        found = validate(spec, rows, splits=splits, backend=backend, workers=workers)
        return score(found.oos, label=dataset.label)["skill"]

    times = len(np.unique(dataset.as_of))
    block = _block(times, dataset.label.horizon, 1.0)
    rng = np.random.default_rng(seed)
    drawn = np.array([skill(shuffled_labels(dataset, block=block, rng=rng)) for _ in range(permutations)])
    return _found(skill(dataset), drawn, block)


def shuffled_labels(dataset: Dataset, *, block: int, rng: np.random.Generator) -> Dataset:
    """The dataset with its answers (y and outcome) permuted in blocks of `block` times, for all instruments alike.

    Features, times and spans stay where they are.
    """
    number = np.unique(dataset.as_of, return_inverse=True)[1] // block
    order = rng.permutation(int(number.max()) + 1)
    y, outcome = dataset.y.copy(), dataset.outcome.copy()
    for instrument in np.unique(dataset.instrument_id):
        own = np.flatnonzero(dataset.instrument_id == instrument)
        taken = np.concatenate([own[number[own] == one] for one in order])
        y[own], outcome[own] = dataset.y[taken], dataset.outcome[taken]
    return replace(dataset, y=y, outcome=outcome)


def _block(times: int, horizon: int, dependence: float) -> int:
    """Times a block holds: enough lives of a label, and a number of blocks that still has many orders."""
    wanted = max(LIVES * horizon, int(np.ceil(dependence)), -(-times // MOST_BLOCKS))
    return max(horizon, min(wanted, times // LEAST_BLOCKS), 1)


def _by_time(rows: OutOfSample, values: Floats) -> Floats:
    """Values (times, instruments) less the mean of their instrument, 0 where an instrument has no row."""
    time = np.unique(rows.as_of, return_inverse=True)[1]
    instrument = np.unique(rows.instrument_id, return_inverse=True)[1]
    means = np.bincount(instrument, weights=values) / np.bincount(instrument)
    table = np.zeros((int(time.max()) + 1, len(means)))
    table[time, instrument] = values - means[instrument]
    return table


def _folded(table: Floats, count: int, block: int) -> Floats:
    """The blocks of a table (times, k) as rows (count, block * k), the last one filled up with zeros."""
    padded = np.zeros((count * block, table.shape[1]))
    padded[: len(table)] = table
    return padded.reshape(count, -1)


def _found(observed: float, drawn: Floats, block: int, *, slack: float = 0.0) -> Permutation:
    """The p-value; what differs from the observed by rounding alone fits as well."""
    as_good = int(np.count_nonzero(drawn >= observed - slack))
    return Permutation((1 + as_good) / (1 + len(drawn)), observed, float(drawn.mean()), len(drawn), block)
