"""What became of events after their birth: the state they are in, when they ended, how, and with what result."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.patterns import touch, zones
from alphaplus.patterns.births import Births
from alphaplus.patterns.contract import Life, PatternSpec

NEVER = -1
TRADES = {
    touch.NOTHING: ("open", None),
    touch.TARGET: ("ended", "target"),
    touch.STOP: ("ended", "stop"),
    touch.EXPIRED: ("ended", "expired"),
    touch.INTERRUPTED: ("ended", "interrupted"),
}
ZONES = {
    zones.FRESH: ("fresh", None),
    zones.TOUCHED: ("touched", None),
    zones.MITIGATED: ("mitigated", None),
    zones.FILLED: ("ended", "filled"),
    zones.BROKEN: ("ended", "broken"),
    zones.EXPIRED: ("ended", "expired"),
    zones.RETIRED: ("ended", "retired"),
    zones.INTERRUPTED: ("ended", "interrupted"),
}
WORDS = {
    "target": "the target was reached first",
    "stop": "the stop was reached first, or both in one bar",
    "expired": "neither came in time; of a figure, no breakout; of a zone, it grew too old",
    "failed": "a figure whose price left on the other side, or whose lines met",
    "retired": "a newer one took its place",
    "filled": "the price has traded through the zone",
    "broken": "a bar closed beyond the zone",
    "interrupted": "too many bars are missing",
}
"""What the outcomes mean."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of m events, arrays (m,); bars are positions, -1 for what has not happened.

    `state`: waiting, open, fresh, touched, mitigated, ended, or none for what has no direction; `outcome` a word of
    WORDS or None. `entered` is the bar at whose open a trade begins, `result` its profit in units of what was risked.
    """

    state: list[str]
    outcome: list[str | None]
    ended: NDArray[np.int64]
    broke: NDArray[np.int64]
    touched: NDArray[np.int64]
    mitigated: NDArray[np.int64]
    entered: NDArray[np.int64]
    target: NDArray[np.float64]
    stop: NDArray[np.float64]
    result: NDArray[np.float64]


def follow(spec: PatternSpec, births: Births, bars: BarFrame, *, max_gap: int) -> Followed:
    """Follow the events of one pattern, which were found on these bars, to their end or the last bar."""
    prices = bars.matrix(("open", "high", "low", "close"))
    breaks = bars.missing_before > max_gap
    if spec.life is Life.ZONE:
        return _zones(spec, births, prices, breaks)
    if spec.life is Life.FIGURE:
        return _figures(spec, births, prices, breaks)
    return _trades(spec, births, prices, breaks)


def _nothing(births: Births) -> Followed:
    count = len(births.row)

    def never() -> NDArray[np.int64]:
        return np.full(count, NEVER, np.int64)

    return Followed(
        state=["none"] * count,
        outcome=[None] * count,
        ended=never(),
        broke=never(),
        touched=never(),
        mitigated=never(),
        entered=never(),
        target=births.target,
        stop=births.stop,
        result=np.full(count, np.nan),
    )


def _trades(spec: PatternSpec, births: Births, prices: NDArray[np.float64], breaks: NDArray[np.bool_]) -> Followed:
    found = _nothing(births)
    _trade(found, spec, births.row, births.direction, prices=prices, breaks=breaks)
    return found


def _trade(
    found: Followed,
    spec: PatternSpec,
    decided: NDArray[np.int64],
    direction: NDArray[np.float64],
    *,
    prices: NDArray[np.float64],
    breaks: NDArray[np.bool_],
) -> None:
    """Write what became of the trades decided at the close of bars `decided` (m,), -1 where there is none."""
    chosen = np.flatnonzero((decided >= 0) & (direction != 0.0) & ~np.isnan(found.target) & ~np.isnan(found.stop))
    target, stop, way = found.target[chosen], found.stop[chosen], direction[chosen]
    codes, ends, exits = touch.first_touches(decided[chosen], way, target, stop, spec.horizon, prices, breaks)
    for place, code, end, price in zip(chosen.tolist(), codes.tolist(), ends.tolist(), exits.tolist(), strict=True):
        found.state[place], found.outcome[place] = TRADES[code]
        start = int(decided[place]) + 1
        if start >= len(prices) or (code == touch.INTERRUPTED and end == start):
            found.ended[place] = end if code else NEVER
            continue
        found.entered[place] = start
        found.ended[place] = end if code else NEVER
        risk = abs(prices[start, 0] - found.stop[place])
        if code and risk > 0.0:
            found.result[place] = direction[place] * (price - prices[start, 0]) / risk


def _figures(spec: PatternSpec, births: Births, prices: NDArray[np.float64], breaks: NDArray[np.bool_]) -> Followed:
    """Wait for the breakout, as the step saw it; then the trade decided on it."""
    found = _nothing(births)
    following = np.append(births.row[1:], len(prices))
    decided = np.full(len(births.row), NEVER, np.int64)
    for place, row in enumerate(births.row.tolist()):
        found.state[place] = "waiting"
        last = min(row + spec.horizon, len(prices) - 1)
        gap = row + 1 + int(np.argmax(breaks[row + 1 : last + 1])) if breaks[row + 1 : last + 1].any() else len(prices)
        at = int(np.searchsorted(births.broke_row, row, side="right"))
        broke = int(births.broke_row[at]) if at < len(births.broke_row) else len(prices)
        if broke <= last and broke < min(int(following[place]), gap):
            decided[place] = found.broke[place] = broke
            found.target[place], found.stop[place] = births.broke_target[at], births.broke_stop[at]
            continue
        ended, outcome = _unbroken(spec, births, place, limits=(int(following[place]), gap, len(prices)))
        if outcome is not None:
            found.state[place], found.outcome[place], found.ended[place] = "ended", outcome, ended
    _trade(found, spec, decided, births.direction, prices=prices, breaks=breaks)
    return found


def _unbroken(spec: PatternSpec, births: Births, place: int, *, limits: tuple[int, int, int]) -> tuple[int, str | None]:
    """When and how a figure ended that never broke out: by the last bar on which its step told of it."""
    following, gap, count = limits
    gone = int(births.last_row[place]) + 1
    if gone >= count:
        return NEVER, None
    if gone >= gap:
        return gap, "interrupted"
    if gone >= following:
        return following, "retired"
    return gone, "expired" if gone - int(births.row[place]) >= spec.horizon else "failed"


def _zones(spec: PatternSpec, births: Births, prices: NDArray[np.float64], breaks: NDArray[np.bool_]) -> Followed:
    edges = np.column_stack([births.low, births.high])
    codes, ends, touched, mitigated = zones.follow_zones(
        births.row, births.direction, edges, spec.most, spec.horizon, spec.by_close, prices, breaks
    )
    found = _nothing(births)
    found.touched[:], found.mitigated[:], found.ended[:] = touched, mitigated, ends
    for place, code in enumerate(codes.tolist()):
        found.state[place], found.outcome[place] = ZONES[code]
    return found
