"""The trade of an entry point: whether it is worth taking, and its life until target, stop or the end of its time.

A step calls `advance` with every bar, `enter` where it has a cause, a direction, a target and a stop, and answers with
`columns`. They tell of the newest trade while it is open: where a newer one is entered they tell no more of an older
one; the events tell what became of each.
"""

from functools import partial
from math import nan

from alphaplus.features.state import compiled
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.touch import NOTHING, barrier

HORIZON = 100  # bars that a trade is given, as figures are after their breakout
MEMORY = HORIZON + 1200  # bars: an open trade, and before it the swings of twenty bars that set its target
LEAST_REWARD = 1.0  # times the risk: a trade that can win less is none
MOST_REWARD = 3.0  # times the risk: no target is set farther away than this
LEAST_RISK = 0.5  # average true ranges: a nearer stop would be reached by noise
BEYOND = 0.25  # average true ranges by which a stop stands behind what it is for

DIRECTION, ENTERED, STRENGTH, TARGET, STOP = range(5)  # a direction of 0 says that there is no trade
SLOTS = 5

BAR = ("high", "low", "close", "atr_14")
MARKET = ("structure_trend", "swing_20_high", "swing_20_low")  # what sets the strength and the target; may be missing

entry = partial(
    pattern,
    kind="entries",
    life=Life.TRADE,
    drawing=Drawing.MARK,
    state=SLOTS,
    memory=MEMORY,
    horizon=HORIZON,
)
"""What all entry points declare alike; `pattern` says the rest."""


@compiled
def advance(s, b, n, high, low):
    """Let a bar happen to the trade, if there is one: it ends at target or stop, or when its time is over."""
    direction = s[b + DIRECTION]
    if direction != 0.0 and (
        barrier(direction, s[b + TARGET], s[b + STOP], high, low) != NOTHING or n - s[b + ENTERED] >= HORIZON
    ):
        s[b + DIRECTION] = 0.0


@compiled
def swing_target(direction, close, stop, swing_high, swing_low):
    """The newest swing that lies before the price, at most MOST_REWARD times the risk away; that far without one."""
    far = MOST_REWARD * abs(close - stop)
    room = swing_high - close if direction > 0.0 else close - swing_low
    return close + direction * (room if 0.0 < room < far else far)


@compiled
def confidence(direction, close, target, stop, atr, clearness, trend):
    """How good a trade looks, in (0, 1]; 0 where it is not worth taking.

    The mean of three parts: how clear the cause is (in [0, 1]), the reward to risk in parts of MOST_REWARD (at most 1),
    and whether the structure of the market agrees (1), has no direction or is unknown (0.5), or disagrees (0). What is
    not worth taking can win less than LEAST_REWARD times the risk, risks less than LEAST_RISK average true ranges, or
    would end at a price below zero.
    """
    risk, reward = direction * (close - stop), direction * (target - close)
    if not (risk > 0.0 and risk >= LEAST_RISK * atr and reward >= LEAST_REWARD * risk and min(target, stop) > 0.0):
        return 0.0
    agrees = 1.0 if direction * trend > 0.0 else 0.0 if direction * trend < 0.0 else 0.5
    return (clearness + min(reward / (MOST_REWARD * risk), 1.0) + agrees) / 3.0


@compiled
def enter(s, b, n, direction, strength, target, stop):
    """Open a trade at the close of this bar."""
    s[b + DIRECTION], s[b + ENTERED], s[b + STRENGTH] = direction, n, strength
    s[b + TARGET], s[b + STOP] = target, stop


@compiled
def columns(s, b, n, close, cause):
    """The answer of a step, with the number of the cause: low and high are the trade's stop and target."""
    direction = s[b + DIRECTION]
    if direction == 0.0:
        return 0.0, 0.0, nan, nan, nan, 0.0, nan, nan, nan, nan, nan, nan, nan
    strength, target, stop = s[b + STRENGTH], s[b + TARGET], s[b + STOP]
    low, high, age = min(target, stop), max(target, stop), n - s[b + ENTERED]
    if age == 0.0:
        return direction, strength, low, high, age, direction, strength, low, high, close, target, stop, cause
    return direction, strength, low, high, age, 0.0, nan, nan, nan, nan, nan, nan, nan
