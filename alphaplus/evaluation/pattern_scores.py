"""Hit rates of patterns: how often their events reached the target before the stop, with intervals and counts.

The numbers describe the bars on which the events were found, before costs. Nothing was held out, so they are no claim
of skill, and a pattern that was picked because it looks best here looks better than it is.

An event that became a trade ends at its target, at its stop, or neither. The hit rate is targets over targets and
stops. The break-even rate is what it would be if the price only wandered: risk / (risk + reward) at the entry price,
the mean over the same trades. Whether a pattern pays is judged on all trades that are over: with p = risk /
(risk + reward) a result of R risks is R p of the way from stop to target, and the mean of R p is 0 for a price that
only wanders, however many trades expire (optional stopping). That mean is `edge`.

Trades overlap: those that run at the same time share their luck. Standard errors are those of sums over blocks of time
twice as long as the longest trade, whatever the symbol, so that what happens at once counts once (batch means).
Intervals are Student's with blocks less one degrees of freedom. The interval of the hit rate is Wilson's (1927) for as
many independent trades as have the same standard error (the design effect of Kish 1965), never more than there are.
"""

from collections.abc import Sequence
from math import isnan, nan, sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.errors import ConfigError
from alphaplus.evaluation.compare import benjamini_hochberg
from alphaplus.patterns.contract import Life, patterns

LEVEL = 0.95
ENOUGH = 30  # decided trades under which a rate says next to nothing
BLOCKS = 10  # blocks of time under which nothing is said of a mean's error
LIVES = 2  # longest trades in a block
BY = ("symbol", "regime")
EVERY = "all"  # in place of a symbol or regime: all of them together

Floats = NDArray[np.float64]

SCHEMA: dict[str, pl.DataType] = {
    "pattern": pl.String(),
    "kind": pl.String(),
    "symbol": pl.String(),
    "regime": pl.String(),
    "born": pl.Int64(),
    "alive": pl.Int64(),
    "targets": pl.Int64(),
    "stops": pl.Int64(),
    "decided": pl.Int64(),
    "expired": pl.Int64(),
    "interrupted": pl.Int64(),
    "hit_rate": pl.Float64(),
    "hit_low": pl.Float64(),
    "hit_high": pl.Float64(),
    "break_even": pl.Float64(),
    "result": pl.Float64(),
    "result_low": pl.Float64(),
    "result_high": pl.Float64(),
    "edge": pl.Float64(),
    "p_value": pl.Float64(),
    "p_adjusted": pl.Float64(),
    "too_few": pl.Boolean(),
    "broke_out": pl.Float64(),
    "touched": pl.Float64(),
    "mitigated": pl.Float64(),
    "filled": pl.Float64(),
    "broken": pl.Float64(),
    "median_to_touch": pl.Duration("ms"),
    "median_to_mitigation": pl.Duration("ms"),
    "median_to_end": pl.Duration("ms"),
}
"""Columns of a table of scores. `alive` are events that are not over; `expired` of a figure are those that never broke
out in time, too. Shares are of events: `broke_out` of figures that broke out or are over, `touched` to `broken` of all
zones that were born. `result` is the mean in units of what was risked, of all trades that are over. What cannot be said
is null: `p_value` and intervals need ten blocks of time, `p_value` ENOUGH decided trades as well."""


def pattern_scores(events: pl.DataFrame, *, by: str | Sequence[str] = ()) -> pl.DataFrame:
    """Score every pattern of a table of events (see `alphaplus.patterns.events`), one row each, see SCHEMA.

    `by` splits the rows by symbol, by regime at the birth, or by both; the row of all stands before its parts, and what
    was born before a regime was known is in it alone. The p-values of the whole table are adjusted together (Benjamini
    and Hochberg). Raises ConfigError for another `by`, and for `symbol` where the events have no such column;
    UnknownName for a pattern that there is not.
    """
    wanted = (by,) if isinstance(by, str) else tuple(by)
    for name in wanted:
        if name not in BY:
            raise ConfigError(f"pattern scores cannot be split by {name!r}", hint=f"by {' or '.join(BY)}")
        if name not in events.columns:
            hint = "add it: events.with_columns(symbol=pl.lit('BTCUSDT'))"
            raise ConfigError(f"these events have no column {name}", hint=hint)
    rows = []
    for (pattern, kind), own in events.sort("kind", "pattern").group_by(["pattern", "kind"], maintain_order=True):
        whole = {"pattern": pattern, "kind": kind, "symbol": EVERY, "regime": EVERY}
        life = patterns.get(str(pattern)).life
        rows.append(whole | _scores(own, life))
        if not wanted:
            continue
        parts = own.drop_nulls(wanted).sort(*wanted).group_by(wanted, maintain_order=True)
        rows += [whole | dict(zip(wanted, values, strict=True)) | _scores(part, life) for values, part in parts]
    return _adjusted(pl.DataFrame(rows, schema=SCHEMA))


def wilson(hits: float, trials: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a rate; (nan, nan) without trials.

    Reference: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    from scipy.stats import norm

    if trials <= 0.0:
        return nan, nan
    z = float(norm.ppf(0.5 + level / 2.0))
    rate, slack = hits / trials, z * z / trials
    centre = (rate + slack / 2.0) / (1.0 + slack)
    half = z * sqrt(rate * (1.0 - rate) / trials + slack / (4.0 * trials)) / (1.0 + slack)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def block_error(values: Floats, block: NDArray[np.int64]) -> tuple[float, int]:
    """Standard error of the mean of values (n,) that depend on each other within a block (n,), and how many blocks.

    NaN where there are fewer than BLOCKS of them.
    """
    _, place = np.unique(block, return_inverse=True)
    sums = np.bincount(place, weights=values - values.mean()) if len(values) else np.empty(0)
    count = len(sums)
    if count < BLOCKS:
        return nan, count
    return float(np.sqrt(count / (count - 1) * (sums @ sums)) / len(values)), count


def _scores(events: pl.DataFrame, life: Life) -> dict[str, object]:
    outcomes = events["outcome"]
    targets, stops = int((outcomes == "target").sum()), int((outcomes == "stop").sum())
    decided = targets + stops
    return {
        "born": len(events),
        "alive": int((~events["state"].is_in(["ended", "none"])).sum()),
        "targets": targets,
        "stops": stops,
        "decided": decided,
        "expired": int((outcomes == "expired").sum()),
        "interrupted": int((outcomes == "interrupted").sum()),
        "too_few": decided < ENOUGH,
        **(_of_zones(events) if life is Life.ZONE else _of_trades(events)),
        **(_of_figures(events) if life is Life.FIGURE else {}),
    }


def _of_trades(events: pl.DataFrame) -> dict[str, object]:
    """What trades that are over made, with errors that mind that they overlap."""
    over = events.drop_nulls("result")
    decided = over["outcome"].is_in(["target", "stop"]).to_numpy()
    if not decided.any():
        return {}
    hits = (over["outcome"] == "target").to_numpy()[decided].astype(np.float64)
    entry, target, stop, result = (over[name].to_numpy() for name in ("entry", "target", "stop", "result"))
    even = np.clip((entry - stop) / (target - stop), 0.0, 1.0)  # an open may lie beyond either
    block = _blocks(over)
    rate = float(hits.mean())
    alike = _independent(hits, block[decided])
    low, high = wilson(rate * alike, alike)
    mean, edge = float(result.mean()), float((result * even).mean())
    half = _half_width(result, block)
    error, count = block_error(result * even, block)
    return {
        "hit_rate": rate,
        "hit_low": _known(low),
        "hit_high": _known(high),
        "break_even": float(even[decided].mean()),
        "result": mean,
        "result_low": _known(mean - half),
        "result_high": _known(mean + half),
        "edge": edge,
        "p_value": _p_value(edge, error, count) if decided.sum() >= ENOUGH else None,
    }


def _blocks(events: pl.DataFrame) -> NDArray[np.int64]:
    """The block of time in which each trade began (m,)."""
    began, ended = events["entered_at"].to_numpy(), events["ended_at"].to_numpy()
    return np.asarray((began - began.min()) // (LIVES * int((ended - began).max())), dtype=np.int64)


def _independent(hits: Floats, block: NDArray[np.int64]) -> float:
    """How many independent trials have the standard error that these hits (m,) have; at most m, NaN if unknown."""
    error, _ = block_error(hits, block)
    if isnan(error):
        return nan
    rate, count = float(hits.mean()), float(len(hits))
    return min(rate * (1.0 - rate) / error**2, count) if error > 0.0 else count


def _half_width(values: Floats, block: NDArray[np.int64]) -> float:
    """Half of the width of the interval of a mean."""
    from scipy.stats import t as student

    error, count = block_error(values, block)
    return nan if isnan(error) else error * float(student.ppf(0.5 + LEVEL / 2.0, df=count - 1))


def _p_value(mean: float, error: float, count: int) -> float | None:
    """Two-sided p-value of a mean of 0."""
    from scipy.stats import t as student

    if isnan(error) or error == 0.0:
        return None
    return float(2.0 * student.sf(abs(mean) / error, df=count - 1))


def _of_figures(events: pl.DataFrame) -> dict[str, object]:
    """The share of figures that broke out, of those that do not wait for it any more."""
    broke = events["broke_at"].is_not_null()
    known = broke | (events["state"] == "ended")
    return {"broke_out": float(broke.sum()) / float(known.sum()) if known.any() else None}


def _of_zones(events: pl.DataFrame) -> dict[str, object]:
    """Shares of zones that were touched, mitigated, filled and broken, and median times from birth to it."""

    def median(name: str) -> object:
        return (events[name] - events["known_at"]).cast(pl.Duration("ms")).median()

    return {
        "touched": events["touched_at"].is_not_null().mean(),
        "mitigated": events["mitigated_at"].is_not_null().mean(),
        "filled": float((events["outcome"] == "filled").sum()) / len(events),
        "broken": float((events["outcome"] == "broken").sum()) / len(events),
        "median_to_touch": median("touched_at"),
        "median_to_mitigation": median("mitigated_at"),
        "median_to_end": median("ended_at"),
    }


def _adjusted(table: pl.DataFrame) -> pl.DataFrame:
    known = table["p_value"].is_not_null()
    if not known.any():
        return table
    adjusted = np.full(len(table), np.nan)
    adjusted[known.to_numpy()] = benjamini_hochberg(table["p_value"].drop_nulls().to_numpy())
    return table.with_columns(p_adjusted=pl.Series(adjusted).fill_nan(None))


def _known(value: float) -> float | None:
    return None if isnan(value) else value
