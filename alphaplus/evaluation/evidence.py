"""Evidence: all that the gates may look at when they judge one candidate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Task
from alphaplus.core.errors import DataError
from alphaplus.evaluation.losses import binary_log_loss, squared_error

UNTOUCHED = -1  # fold id of the untouched last slice

Floats = NDArray[np.float64]

ROWS = ("predicted", "actual", "fold", "base_rate", "persistence", "one_lag")
BASELINES = ("base_rate", "persistence", "one_lag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Out-of-sample predictions, trading results and artefact checks of one candidate.

    Rows are the stitched out-of-sample predictions of the walk-forward together with those on the untouched last
    slice, ordered by `as_of`; several instruments may share a time. Every array of rows is (n,).

    A classification of directions is judged on direction, whatever its classes: `predicted` is the probability of up,
    for classes (-1, 0, 1) P(1) + P(0)/2, and `actual` says whether the price rose from the next bar's open to the end
    of the span: 1.0 up, 0.0 down, NaN where it ended exactly where it began (`Dataset.up`). Rows with NaN are left out
    of every statistic, for the candidate and the baselines alike. Of an event `predicted` is its probability and
    `actual` whether it happened; `up` then means that it did. A regression is judged on its own scale: `predicted` is
    the forecast and `actual` the label, both in the label's unit; its direction is the sign.

    The baselines are fitted on the training part of each fold and predict the same rows in the same unit as
    `predicted` (`evaluation.baselines`).
    """

    task: Task
    directional: bool = True
    """Whether predictions take a side of the market, so that it can be traded."""
    timeframe: Timeframe
    horizon: int
    """Bars the label looks ahead."""
    simulated: bool
    """Whether any of the instruments is simulated; the alarms then do not apply."""

    as_of: NDArray[np.int64]
    """Bar closes, ms UTC, in increasing order."""
    predicted: Floats
    """Probability of up in [0, 1], or the forecast in the label's unit."""
    actual: Floats
    """1.0, 0.0 or NaN; for a regression the label."""
    fold: NDArray[np.int32]
    """Number of the walk-forward fold, UNTOUCHED (-1) in the untouched slice."""
    base_rate: Floats
    """Share of up in the training part; for a regression its mean."""
    persistence: Floats
    """How often up followed the direction of the last bar, in the training part; of an amount the last one known."""
    one_lag: Floats
    """Logistic regression (for a regression: least squares) on the last bar's return, or on the last label known."""
    n_eff: float
    """Effective sample size of the rows: the sum of their uniqueness over time, which all instruments share
    (`datasets.weights.effective_samples`)."""

    returns: Floats
    """(T,) simple return of the strategy's equity in each bar of these rows' range, net of costs."""
    gross_returns: Floats
    """(T,) the same positions without costs."""
    double_cost_returns: Floats
    """(T,) the same positions at twice the costs."""
    random_sharpes: Floats
    """(k,) annual Sharpe ratios, net of costs, of circularly shifted copies of the positions, usually 500."""
    trades: int
    """Round trips in that range."""

    parity_error: float | None
    """Largest |difference| between the exported and the native model's output over all rows; None when not exported."""
    artifact_ok: bool
    """Whether the artefact's content matches its recorded hash."""
    features_ok: bool
    """Whether the model's feature-set hash is that of the running code."""
    forward: bool = True
    """Whether every row was predicted by what had learned from its past alone, as in a walk-forward."""
    leakage_ok: bool | None = None
    """Result of the leakage checks on this model's features, None when this run made none."""

    trials: int = 1
    """All recorded trials of the slot, this one included."""
    trial_sharpes: tuple[float, ...] = ()
    """Sharpe ratios per bar (not annual) of the recorded trials, as far as known."""
    pbo: float | None = None
    """Probability of backtest overfitting over the trials in [0, 1], None when not computed."""
    chosen: bool = True
    """Whether other specs had been tried for the slot before this one, so that it may have been chosen for its luck."""
    champion: Floats | None = None
    """What the serving version predicted on the same rows, in the unit of `predicted`, NaN on rows it did not predict
    or was trained on; None when the slot has no champion."""
    seed: int = 0
    """Seeds the bootstrap draws of the gates."""

    def __post_init__(self) -> None:
        n = len(self.as_of)
        wrong = [name for name in ROWS if len(getattr(self, name)) != n]
        if self.champion is not None and len(self.champion) != n:
            wrong.append("champion")
        if wrong:
            raise DataError(f"evidence of {n} rows, but {wrong} have other lengths")
        if n and bool(np.any(np.diff(self.as_of) < 0)):
            raise DataError("evidence rows are not ordered by as_of", hint="sort them first")
        if not np.isfinite(self.predicted).all():
            raise DataError("the candidate predicted NaN or infinity", hint="a model that does so cannot be judged")

    @property
    def is_probability(self) -> bool:
        """Whether `predicted` is a probability, of up or of an event."""
        return self.task is not Task.REGRESSION

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Rows (n,) whose outcome is known and not a tie."""
        return np.isfinite(self.actual)

    @property
    def untouched(self) -> NDArray[np.bool_]:
        """Judged rows (n,) of the untouched slice."""
        rows: NDArray[np.bool_] = self.judged & (self.fold == UNTOUCHED)
        return rows

    @property
    def up(self) -> Floats:
        """Direction of the judged rows (m,): 1.0 up, 0.0 down; for a regression the sign of the label."""
        actual = self.actual[self.judged]
        return actual if self.is_probability else (actual > 0.0).astype(np.float64)

    @property
    def called_up(self) -> NDArray[np.bool_]:
        """Whether the candidate called up on the judged rows (m,)."""
        return self.predicted[self.judged] > (0.5 if self.is_probability else 0.0)

    def losses(self, name: str = "predicted") -> Floats:
        """Loss of `predicted`, a baseline or `champion` per row (n,), NaN on rows that are not judged.

        Log loss in nats for a probability, squared error for a regression.
        """
        values = getattr(self, name)
        return binary_log_loss(self.actual, values) if self.is_probability else squared_error(self.actual, values)

    def losses_by_time(self, *names: str, rows: NDArray[np.bool_] | None = None) -> Floats:
        """Losses of these predictions summed over the judged rows of each time, (m, len(names)) in order of time.

        Rows of one time move together, so a time is what tests and bootstraps take as one observation. `rows` (n,)
        narrows the judged rows further.
        """
        chosen = self.judged if rows is None else self.judged & rows
        table = np.column_stack([self.losses(name)[chosen] for name in names])
        times = self.as_of[chosen]
        if not len(times):
            return table
        return np.add.reduceat(table, np.flatnonzero(np.diff(times, prepend=times[0] - 1)), axis=0)
