"""Retests of zones: the price comes back into a living zone and closes out of it again in the zone's direction.

The zones are those of a pattern, kept a second time from its births on, for its columns tell of the nearest one alone.
"""

from collections.abc import Callable
from math import isnan

from alphaplus.features.contract import StepT
from alphaplus.features.state import compiled
from alphaplus.patterns import zones
from alphaplus.patterns.entries import trade


def retest(name: str, *, of: str, most: int) -> Callable[[StepT], StepT]:
    """Declare a step that answers with `enter_retests` of the zones of a pattern, `most` of which live at a time."""
    told = tuple(f"{of}_{part}" for part in ("bottom", "top", "grade"))
    return trade.entry(
        inputs=(*trade.BAR, *trade.MARKET, f"{of}_born", *told),
        optional=(*trade.MARKET, *told),
        variants=({"name": name},),
        state=trade.SLOTS + 2 * (zones.SLOTS * most + 1),
        causes=(of,),
    )


@compiled
def enter_retests(s, b, n, bar, atr, market, birth, most, age, by_close, depth):
    """Let a bar happen to the zones of both directions and to the trade, and answer with the trade's columns.

    `bar` is high, low and close, `market` the structure's trend and the newest swing high and low, `birth` what the
    pattern tells of a zone that is born on this bar. A zone lives as the pattern's does, for `age` bars at most, and
    calls on a bar that reaches into it and closes out of it, once any bar since its birth has been as deep as `depth`.
    The clearest of several is taken, of equal ones the youngest, and then all of them are used up; a bar on which zones
    of both directions call says nothing.
    """
    high, low, close = bar
    up = b + trade.SLOTS
    down = up + zones.SLOTS * most + 1
    trade.advance(s, b, n, high, low)
    rising = _calling(s, up, most, n, 1.0, age, by_close, depth, bar)
    falling = _calling(s, down, most, n, -1.0, age, by_close, depth, bar)
    if (rising < 0) != (falling < 0):
        z, direction = (up, 1.0) if falling < 0 else (down, -1.0)
        _enter(s, b, n, bar, atr, market, z, max(rising, falling), most, direction, depth)
    born, bottom, top, grade = birth
    if born != 0.0 and not isnan(grade):
        zones.open_zone(s, up if born > 0.0 else down, most, n, bottom, top, grade)
    return trade.columns(s, b, n, close, 0.0)


@compiled
def _calling(s, z, most, n, direction, age, by_close, depth, bar):
    """Let a bar happen to the zones of a direction; the slot of the clearest that calls, -1 for none."""
    high, low, close = bar
    found = -1
    for place in range(most):
        at = z + zones.SLOTS * place
        if s[at + zones.STRENGTH] > 0.0:
            zones.advance_zone(s, at, n, direction, age, by_close, high, low, close)
            if _calls(s, at, direction, depth, bar):
                clearer = s[at + zones.STRENGTH] - s[found + zones.STRENGTH] if found >= 0 else 1.0
                if clearer > 0.0 or (clearer == 0.0 and s[at + zones.BORN] > s[found + zones.BORN]):
                    found = at
    return found


@compiled
def _calls(s, at, direction, depth, bar):
    """Whether a zone is alive, has been as deep as `depth`, and this bar reached into it and closed out of it."""
    high, low, close = bar
    near, back = (s[at + zones.TOP], low) if direction > 0.0 else (s[at + zones.BOTTOM], high)
    reached = direction * (back - near) <= 0.0 and direction * (close - near) > 0.0
    return reached and s[at + zones.STRENGTH] > 0.0 and s[at + zones.DEEPEST] >= depth


@compiled
def _enter(s, b, n, bar, atr, market, z, at, most, direction, depth):
    """Enter by the zone at slot `at` if the trade is worth taking; the stop stands behind the zone's far edge."""
    high, low, close = bar
    trend, swing_high, swing_low = market
    far = min(s[at + zones.BOTTOM], low) if direction > 0.0 else max(s[at + zones.TOP], high)
    stop = far - direction * trade.BEYOND * atr
    target = trade.swing_target(direction, close, stop, swing_high, swing_low)
    strength = trade.confidence(direction, close, target, stop, atr, s[at + zones.STRENGTH], trend)
    if strength > 0.0:
        trade.enter(s, b, n, direction, strength, target, stop)
        for place in range(most):
            other = z + zones.SLOTS * place
            if _calls(s, other, direction, depth, bar):
                s[other + zones.STRENGTH] = 0.0
