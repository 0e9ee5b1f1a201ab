"""Does a label read its own span and nothing else? Methodology 3.5, for any function that labels bars.

The answer of bar t0 may change only when bars after t0 and up to t1, its last, change, or when the volatility that was
known at t0 does. Where an answer is known early, t1 is the bar at whose close it was.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from alphaplus.core.bars import REQUIRED, BarFrame
from alphaplus.datasets.labelling import Answers
from alphaplus.features.checks import Report, Verdict
from alphaplus.features.faults import Faults, Values, at, differences, earliest, plain

Labeller = Callable[[BarFrame], ArrayLike | Answers]

LABEL = ("y",)
PROMISES = {
    "shape": "gives one answer for every bar",
    "tail": "has no answer before its span is over",
    "span": "reads nothing after its span",
    "past": "reads nothing before it but the volatility",
    "answer": "depends on its span",
}
CLOSE, VOLUME = REQUIRED.index("close"), REQUIRED.index("volume")
FACTOR = 2.0  # of past prices: a power of two leaves every ratio among them as it was, to the last bit,
ROUNDING = 1e-9  # though not every difference of logarithms
LEAST_MOVED = 0.2  # share of answers that must move when their span runs the other way


def check_label(
    labeller: Labeller, bars: BarFrame, *, horizon: int, asks_past: bool = False, cuts: int = 50, seed: int = 0
) -> Report:
    """Judge a function that answers every bar (n,), NaN where it has no answer; `horizon` is the span in bars.

    A function whose answers may be known before their span is over gives Answers. The volatility that it may know is
    one of log returns or of log ranges: rises and falls count the same in it. What of the past a label reads that
    `asks_past` is not judged.
    """
    rng = np.random.default_rng(seed)
    rows = bars.matrix(REQUIRED)
    places = np.unique(rng.integers(horizon + 2, len(bars) - horizon, size=cuts)).tolist()

    def ask(part: Values) -> Answers:
        table = pl.DataFrame({name: part[:, place] for place, name in enumerate(REQUIRED)})
        frame = BarFrame(bars.instrument, bars.timeframe, table.with_columns(pl.col("open_time").cast(pl.Int64)))
        found = labeller(frame)
        if isinstance(found, Answers):
            return found
        return Answers(np.asarray(found, dtype=np.float64), np.arange(len(part)) + horizon)

    def answer(part: Values) -> Values:
        return ask(part).y[:, None]

    whole = answer(rows)
    if whole.shape != (len(rows), 1):
        found = {"shape": plain(LABEL, f"gives {len(whole)} answers for {len(rows)} bars, so they join the wrong rows")}
    else:
        found = {
            "shape": {},
            "tail": _tail(answer, rows, places, horizon),
            "span": earliest(_span(answer, rows, whole, places, horizon), _early(ask, rows, places, horizon)),
            "past": {} if asks_past else _past(answer, rows, whole, places, rng),
            "answer": _deaf(answer, rows, whole, places),
        }
    skipped = {"past": "its question comes from the past"} if asks_past else {}
    verdicts = [Verdict(name, PROMISES[name], faults, skipped.get(name, "")) for name, faults in found.items()]
    return Report(LABEL, tuple(verdicts))


Answer = Callable[[Values], Values]


def _tail(answer: Answer, rows: Values, places: list[int], horizon: int) -> Faults:
    """The last `horizon` bars of any first part have no answer."""
    faults: Faults = {}
    for cut in places:
        last = answer(rows[:cut])[cut - horizon :, 0]
        known = np.flatnonzero(np.isfinite(last))
        if len(known):
            row = cut - horizon + int(known[0])
            early = at("y", row, rows[:, 0], last[known[0]], np.nan, why="answers before its span is over")
            faults = earliest(faults, {"y": early})
    return faults


def _span(answer: Answer, rows: Values, whole: Values, places: list[int], horizon: int) -> Faults:
    """Bars after the span may be missing, wild or reversed."""
    faults: Faults = {}
    for cut in places:
        kept = cut - horizon
        future = rows[cut:, 1:]
        for changed in (None, future * 1e6, future[::-1]):
            part = rows[:cut] if changed is None else np.vstack([rows[:cut], np.column_stack([rows[cut:, 0], changed])])
            why = "changes with bars after its span"
            found = differences(LABEL, answer(part)[:kept], whole[:kept], times=rows[:, 0], why=why)
            faults = earliest(faults, found)
    return faults


def _early(ask: Callable[[Values], Answers], rows: Values, places: list[int], horizon: int) -> Faults:
    """The same where an answer is known early: the bars after its own last one, as long as they are there."""
    faults: Faults = {}
    whole = ask(rows)
    for row in (cut - 1 for cut in places):
        y, last = float(whole.y[row]), int(whole.end[row])
        if np.isnan(y) or last == row + horizon:
            continue
        if not row < last < row + horizon:
            why = f"was known {last - row} bars after its own, with a span of {horizon}"
            faults = earliest(faults, {"y": at("y", row, rows[:, 0], y, np.nan, why=why)})
            continue
        future = rows[last + 1 :, 1:]
        for changed in (future * 1e6, future[::-1]):
            times = rows[last + 1 :, 0]
            again = ask(np.vstack([rows[: last + 1], np.column_stack([times, changed])]))
            if again.y[row] != y or again.end[row] != last:
                why = "changes with bars after the one at which it was known"
                faults = earliest(faults, {"y": at("y", row, rows[:, 0], float(again.y[row]), y, why=why)})
    return faults


def _past(answer: Answer, rows: Values, whole: Values, places: list[int], rng: np.random.Generator) -> Faults:
    """The past up to the bar itself becomes another one of the same volatility, and the answer must stay.

    Its prices are doubled, which leaves all returns as they were; they are mirrored at the close of the bar, which
    turns the sign of every log return; its volumes trade places.
    """
    faults: Faults = {}
    for cut in places:
        past, expected = rows[:cut], whole[cut - 1, 0]
        others = {"level": past.copy(), "direction": past.copy(), "volume": past.copy()}
        others["level"][:, 1:] *= FACTOR
        others["direction"][:, 1:5] = _mirrored(past[:, 1:5], past[-1, CLOSE])
        others["volume"][:, VOLUME] = rng.permutation(past[:, VOLUME])
        for what, other in others.items():
            found = answer(np.vstack([other, rows[cut:]]))[cut - 1, 0]
            if not np.isclose(found, expected, rtol=ROUNDING, atol=0.0, equal_nan=True):
                why = f"changes with the {what} of bars before its span"
                faults = earliest(faults, {"y": at("y", cut - 1, rows[:, 0], found, expected, why=why)})
    return faults


def _mirrored(prices: Values, at_price: float) -> Values:
    """Open, high, low and close (n, 4) of a market that falls by a factor where this one rises by it."""
    mirrored: Values = at_price * (at_price / prices)  # in this order a price at the mirror stays what it is
    return mirrored[:, [0, 2, 1, 3]]  # the mirrored low is the high


def _deaf(answer: Answer, rows: Values, whole: Values, places: list[int]) -> Faults:
    """Where the bars of the span run the other way, or twice as far, so must a good part of the answers."""
    asked = [cut for cut in places if np.isfinite(whole[cut - 1, 0])]
    moved = 0
    for cut in asked:
        prices, start = rows[cut:, 1:5], rows[cut - 1, CLOSE]
        for others in (_mirrored(prices, start), start * (prices / start) ** 2):
            changed = rows.copy()
            changed[cut:, 1:5] = others
            if answer(changed)[cut - 1, 0] != whole[cut - 1, 0]:
                moved += 1
                break
    if asked and moved < LEAST_MOVED * len(asked):
        return plain(
            LABEL, f"{moved} of {len(asked)} answers change when their span runs the other way or twice as far"
        )
    return {}
