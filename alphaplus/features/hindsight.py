"""Does it know the future? Statistics for what no computing anew can show: values from a table, a file, a global.

A column is asked how well it, its change and its distance from the close order the bars by whether the next one rises
(area under the ROC curve, AUC). On bars at minutes to days nobody's honest feature comes near the limit; where prices
jump between few ticks it can, and the limit is raised above what the last bars themselves tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import REQUIRED
from alphaplus.features.faults import Fault, Faults, Values
from alphaplus.features.leaks import Compute

MAX_AUC = 0.65  # the alarm of methodology 9 at 1m to 1h
MARGIN = 0.03  # above what a perfect forecast of a simulated market, or the last bars, reach
WINDOWS = (1, 5, 20)  # bars whose range the close is placed in
LEAST = 200  # rows under which nothing is said
SIGNS = 5.0  # standard errors of the AUC under chance
ALIEN_SIGNS = 6.0  # for bars that have nothing to do with ours
OPEN, HIGH, LOW, CLOSE = (REQUIRED.index(name) for name in ("open", "high", "low", "close"))


@dataclass(frozen=True, slots=True)
class Foresight:
    """How well a column tells whether the next bar rises, and how well if it comes one bar later.

    `auc` and `lagged` lie in [0.5, 1]: a column that is always wrong knows as much as one that is always right.
    `signs` counts standard errors from chance.
    """

    column: str
    auc: float
    lagged: float
    signs: float
    rows: int

    @property
    def lost(self) -> float:
        """Share of the skill that one bar of delay takes away."""
        return 0.0 if self.auc <= 0.5 else (self.auc - self.lagged) / (self.auc - 0.5)

    def __str__(self) -> str:
        text = f"orders the bars by whether the next one rises with AUC {self.auc:.3f} over {self.rows:,} bars"
        return f"{text}, and with {self.lagged:.3f} when it comes one bar later ({self.lost:.0%} of the skill is lost)"


def foresight(columns: tuple[str, ...], values: Values, rows: Values) -> dict[str, Foresight]:
    """What each column (values (n, p)) knows of the bar after.

    `rows` (n, k) are the bars, open_time to close first. Columns with under LEAST usable rows and constant ones are
    left out.
    """
    close = rows[:, CLOSE]
    return _foresight(columns, values, close, rises=_rises(close))


def _foresight(columns: tuple[str, ...], values: Values, close: Values, *, rises: Values) -> dict[str, Foresight]:
    """What columns know of `rises` (n,); `close` (n,) is that of the bars which they were computed from."""
    found = {}
    for place, column in enumerate(columns):
        if _constant(values[:, place]):
            continue
        asked = [_ask(form, rises) for form in _forms(values[:, place], close)]
        known = [(auc, signs, count, form) for auc, signs, count, form in asked if count >= LEAST]
        if not known:
            continue
        auc, signs, count, form = max(known, key=lambda answer: abs(answer[1]))
        lagged, *_ = _ask(np.append(np.nan, form[:-1]), rises)
        found[column] = Foresight(column, max(auc, 1 - auc), max(lagged, 1 - lagged), abs(signs), count)
    return found


def canary_faults(
    columns: tuple[str, ...], values: Values, rows: Values, *, bayes: NDArray[np.float64] | None = None
) -> Faults:
    """Columns that know the next bar too well to be honest.

    `bayes` (n,), the best possible probability of a rise on a simulated market, raises the limit above it, and so does
    what the last bars tell of the next one (`baselines`) from a column's first value to its last.
    """
    plain_facts = baselines(rows)
    honest = plain_facts if bayes is None else np.column_stack([plain_facts, bayes])
    names = tuple(str(place) for place in range(honest.shape[1]))

    @lru_cache
    def limit(start: int, stop: int) -> float:
        best = foresight(names, honest[start:stop], rows[start:stop]).values()
        return max([MAX_AUC, *(seen.auc + MARGIN for seen in best)])

    faults: Faults = {}
    for column, seen in foresight(columns, values, rows).items():
        known = np.flatnonzero(np.isfinite(values[:, columns.index(column)]))
        if seen.auc > MAX_AUC and seen.signs > SIGNS and seen.auc > limit(int(known[0]), int(known[-1]) + 1):
            faults[column] = Fault(column, f"{seen}: no honest column does")
    return faults


def baselines(rows: Values) -> Values:
    """What anybody reads off the last bars (n, 5): the last change, the body, and the place of the close in the range.

    Prices that jump between two ticks fall after a rise and rise after a fall, and these know it best. A flat range
    puts the close in its middle.
    """
    close = rows[:, CLOSE]
    known = [np.diff(close, prepend=np.nan), close - rows[:, OPEN]]
    for window in WINDOWS:
        high = pl.Series(rows[:, HIGH]).rolling_max(window, min_samples=1).to_numpy()
        low = pl.Series(rows[:, LOW]).rolling_min(window, min_samples=1).to_numpy()
        known.append(np.divide(close - low, high - low, out=np.full(len(rows), 0.5), where=high > low))
    return np.column_stack(known)


def alien_faults(compute: Compute, rows: Values, columns: tuple[str, ...], rng: np.random.Generator) -> Faults:
    """On bars of a made-up market at the same times nothing may be known of ours.

    A column that knows whether ours rises next has it from elsewhere: a global, a file, a table.
    """
    other = _made_up(rows, rng)
    known = _foresight(columns, compute(other), other[:, CLOSE], rises=_rises(rows[:, CLOSE]))
    return {
        column: Fault(column, f"is given bars of another market and {seen} of this one: it has them from elsewhere")
        for column, seen in known.items()
        if seen.signs > ALIEN_SIGNS
    }


def label_faults(columns: tuple[str, ...], values: Values, y: NDArray[np.float64], *, most: float = 0.9) -> Faults:
    """Columns of a table whose ranks agree with those of the label y (n,) by more than `most` (Spearman)."""
    faults: Faults = {}
    for place, column in enumerate(columns):
        both = np.isfinite(values[:, place]) & np.isfinite(y)
        if both.sum() < LEAST or np.ptp(y[both]) == 0 or np.ptp(values[both, place]) == 0:
            continue
        agreed = float(np.corrcoef(_ranks(values[both, place]), _ranks(y[both]))[0, 1])
        if abs(agreed) > most:
            faults[column] = Fault(column, f"is the label in other words: their ranks agree to {agreed:.3f}")
    return faults


def _rises(close: Values) -> Values:
    """Whether the next close is higher (1), lower (-1), the same (0) or not known (NaN), for each bar (n,)."""
    return np.append(np.sign(np.diff(close)), np.nan)


def _constant(values: Values) -> bool:
    known = values[np.isfinite(values)]
    return not len(known) or float(np.ptp(known)) == 0.0


def _forms(values: Values, close: Values) -> Iterator[Values]:
    yield values
    yield np.append(np.nan, np.diff(values))
    yield values - close


def _ask(values: Values, rises: Values) -> tuple[float, float, int, Values]:
    """AUC of the values for rises, its distance from 1/2 in standard errors, the rows counted, and the values."""
    usable = np.isfinite(values) & (np.abs(rises) == 1.0)
    up = rises[usable] > 0
    ups, downs = int(up.sum()), int((~up).sum())
    if ups == 0 or downs == 0:
        return 0.5, 0.0, 0, values
    ranks = _ranks(values[usable])
    auc = (float(ranks[up].sum()) - ups * (ups + 1) / 2) / (ups * downs)
    error = np.sqrt((ups + downs + 1) / (12.0 * ups * downs))  # Mann and Whitney (1947)
    return auc, (auc - 0.5) / float(error), ups + downs, values


def _ranks(values: Values) -> Values:
    ranks: Values = pl.Series(values).rank("average").to_numpy()
    return ranks


def _made_up(rows: Values, rng: np.random.Generator) -> Values:
    """Bars at the same times that have nothing to do with the given ones, of about the same size."""
    change = np.nanstd(np.diff(np.log(rows[:, CLOSE])))
    steps = rng.normal(0.0, change if change > 0 else 0.01, len(rows))
    close = rows[0, CLOSE] * np.exp(np.cumsum(steps - steps.mean()))
    open_ = np.append(close[:1], close[:-1])
    reach = rng.exponential(change if change > 0 else 0.01, (2, len(rows)))
    other = rows.copy()
    prices = (open_, np.maximum(open_, close) * (1 + reach[0]), np.minimum(open_, close) / (1 + reach[1]), close)
    for place, values in enumerate(prices, start=1):
        other[:, place] = values
    order = rng.permutation(len(rows))
    other[:, len(prices) + 1 :] = rows[order, len(prices) + 1 :]
    return other
